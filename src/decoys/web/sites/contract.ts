import type { Seeded } from "../../contract.ts";
import type { MachinePersona } from "../../persona.ts";
import type { Answer, Exchange } from "../contract.ts";
import type { Form } from "../forms.ts";

export interface SiteFacts {
  readonly persona: MachinePersona;
  /** What the organisation calls itself, from its domain. */
  readonly organisation: string;
  /** Stays the same for one decky, differs between two. */
  readonly dice: (purpose: string) => Seeded;
  /** `nginx`, `apache`, `goahead`. */
  readonly server: string;
}

export interface SiteRequest {
  readonly exchange: Exchange;
  /** Decoded path; what does not decode is as sent. */
  readonly path: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly form: Form;
  readonly body: Buffer;
  readonly cookies: ReadonlyMap<string, string>;
  /** Whether the decky's policy lets this pair in; counts as an attempt. */
  readonly login: (user: string, password: string) => boolean;
  /** Runs a command on the machine as the web server's account. */
  readonly run: (command: string) => Promise<string>;
  /** A file of the machine as the web server's account sees it. */
  readonly read: (path: string) => Buffer | undefined;
}

export interface SiteAnswer extends Answer {
  readonly route: string;
  readonly outcome?: "success" | "failure";
}

export interface Site {
  readonly name: string;
  /** Undefined = there is no such page. */
  reply(request: SiteRequest): SiteAnswer | undefined | Promise<SiteAnswer | undefined>;
}

export const html = (route: string, text: string, more: Partial<SiteAnswer> = {}): SiteAnswer => ({
  status: 200,
  type: "text/html; charset=UTF-8",
  body: Buffer.from(text),
  route,
  ...more,
});

export const redirect = (route: string, location: string, more: Partial<SiteAnswer> = {}): SiteAnswer => ({
  status: 302,
  type: "text/html; charset=UTF-8",
  body: Buffer.alloc(0),
  headers: [["Location", location]],
  route,
  ...more,
});

/** Text of ours or of the attacker inside markup. */
export const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#039;");
