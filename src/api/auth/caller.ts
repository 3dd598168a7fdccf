type Role = "viewer" | "admin";

/** Who makes a request, as the session row says at this moment. */
export interface Caller {
  readonly user: { readonly uuid: string; readonly username: string; readonly role: Role };
  readonly via: "cookie" | "token";
  /** SHA-256 of the session's token, hex; names the session in the store. */
  readonly session: string;
  readonly mustChangePassword: boolean;
  /** null for a bearer token: it needs none. */
  readonly csrfToken: string | null;
  readonly expiresAtUs: number;
}
