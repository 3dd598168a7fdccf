import type { ProgramContext } from "../command.ts";
import { type ConnectOutcome, connectOutcome } from "./reach.ts";

export interface Target {
  readonly url: string;
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Host and port as they were written. */
  readonly authority: string;
}

const ports: Readonly<Record<string, number>> = { http: 80, https: 443, ftp: 21, tftp: 69 };

export function parseUrl(text: string): Target {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]*)(?::(\d+))?([^]*)$/i.exec(
    text,
  );
  const scheme = (match?.[1] ?? "http").toLowerCase();
  const host = (match?.[2] ?? "").replace(/^\[|\]$/g, "");
  const authority = `${host}${match?.[3] === undefined ? "" : `:${match[3]}`}`;
  const path = match?.[4] === undefined || match[4] === "" ? "/" : match[4];
  return {
    url: `${scheme}://${text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")}${/^[^/]*$/.test(text.replace(/^[a-z]+:\/\//i, "")) ? "/" : ""}`,
    scheme,
    host,
    port: Number(match?.[3] ?? ports[scheme] ?? 80),
    path,
    authority,
  };
}

export function attemptDownload(
  context: ProgramContext,
  target: Target,
  how: { readonly tool: string; readonly userAgent?: string; readonly out?: string },
): ConnectOutcome {
  const outcome = connectOutcome(context.login, target.host, target.port);
  context.login.observer.downloadAttempt({
    url: target.url.slice(0, 4096),
    tool: how.tool,
    ...(how.userAgent === undefined ? {} : { userAgent: how.userAgent }),
    ...(how.out === undefined ? {} : { out: how.out }),
    result: outcome.error === "refused" ? "refused" : "filtered",
    n: context.run.n,
  });
  return outcome;
}
