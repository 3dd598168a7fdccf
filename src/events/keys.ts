/** Structured-data element that carries the fields of an event. */
export const RELAY_ID = "relay@55555";
/** Structured-data element that carries the trace context. */
export const TRACE_ID = "trace@55555";

/** Keys that can say whose address it is, in order of precedence. */
export const ADDRESS_KEYS = [
  "src_ip",
  "src",
  "client_ip",
  "remote_ip",
  "remote_addr",
  "target_ip",
  "ip",
] as const;

/** What the connection log adds to every event of a connection; no decoy states them. */
export const BOUND_KEYS = ["src_ip", "src_port", "dst_port", "conn", "sid"] as const;

/** Keys of a log-in attempt, without which a response can be neither compared nor checked. */
export const CREDENTIAL_KEYS = [
  "principal",
  "username",
  "secret_b64",
  "secret_printable",
  "secret_kind",
  "secret_truncated",
  "secret_bytes",
  "secret_sha256",
  "outcome",
  "challenge_b64",
  "client_first_b64",
  "domain",
  "realm",
  "nonce",
  "uri",
  "qop",
  "nc",
  "cnonce",
  "hash_line",
] as const;

/** Keys of an event's fields, as our emitters write them. */
export const KEY_PATTERN = /^[a-z][a-z0-9_]{0,31}$/;
