export const words = {
  accepted: "Accepted by policy",
  acceptedHint: "The decoy let the visitor in on purpose. No real host was broken into.",
  refused: "Refused",
  unknownOutcome: "No answer given",
  columns: {
    user: "Account",
    secret: "Secret",
    kind: "Kind",
    outcome: "Outcome",
    source: "Source",
    attempts: "Attempts",
    last: "Last tried",
  },
  noUser: "none given",
  masked: "hidden from viewers",
  emptySecret: "(empty)",
  kinds: {
    plaintext: "password",
    ssh_publickey: "public key",
    http_bearer: "bearer token",
    snmp_community: "community",
  },
} as const;
