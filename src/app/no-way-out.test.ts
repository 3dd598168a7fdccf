import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Of Node: nothing that starts a program or a thread, evaluates text, resolves a name or opens a connection. */
const harmless = new Set(
  "async_hooks crypto events fs fs/promises module net os path sqlite stream timers/promises tls util zlib".split(
    " ",
  ),
);
/** Packages that were looked at: parsers, schemas, ciphers, certificates. */
const known = new Set([
  "zod",
  "just-bash",
  "@peculiar/x509",
  "reflect-metadata",
  "@noble/ciphers",
  "ipaddr.js",
]);
/** What serves, from modules that could also call. */
const serving: Readonly<Record<string, ReadonlySet<string>>> = {
  "node:net": new Set(["AddressInfo", "Socket", "createServer", "isIP", "isIPv4", "isIPv6"]),
  "node:tls": new Set(["TLSSocket", "createSecureContext"]),
  "node:module": new Set(["createRequire"]),
};
/** A package that is loaded late by its written name is an import like others; a `require` that is kept is not. */
const words =
  /\b(?:eval|fetch|getBuiltinModule)\(|\bcreateRequire\((?!import\.meta\.url\)\(")|\bnew (?:Function|WebSocket|EventSource)\b/g;
const statement =
  /\b(?:import|export)\s+(?:type\s+)?([^;"']*?)\s*from\s*"([^"]+)"|\b(?:import\(\s*|createRequire\(import\.meta\.url\)\()"([^"]+)"/g;

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

function* faults(source: string): Generator<string> {
  for (const [, names = "", from, lazily] of source.matchAll(statement)) {
    const specifier = from ?? lazily ?? "";
    if (/^[.#]/.test(specifier)) continue;
    const isKnown = specifier.startsWith("node:")
      ? harmless.has(specifier.slice("node:".length))
      : known.has(packageOf(specifier));
    if (!isKnown) yield specifier;
    const allowed = serving[specifier];
    if (allowed === undefined) continue;
    if (!names.startsWith("{")) yield `${specifier} as a whole`;
    for (const name of names.matchAll(/(?:type\s+)?(\w+)(?:\s+as\s+\w+)?\s*[,}]/g))
      if (!allowed.has(name[1] ?? "")) yield `${specifier} ${name[1] ?? ""}`;
  }
  for (const [word] of source.matchAll(words)) yield word;
}

test("what attackers reach imports nothing that runs a program, evaluates text or opens a connection", () => {
  const files = globSync("src/{decoys,machine}/**/*.ts", { cwd: root }).filter(
    (path) => !/\.test\.ts$|\/testing\//.test(path),
  );
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((path) =>
    [...faults(readFileSync(join(root, path), "utf8"))].map((fault) => `${path}: ${fault}`),
  );
  expect(found).toEqual([]);
});

test.each([
  ['import { spawn } from "node:child_process";', "node:child_process"],
  ['import { type Socket, connect } from "node:net";', "node:net connect"],
  ['import * as net from "node:net";', "node:net as a whole"],
  ['import { connect as safe } from "node:tls";', "node:tls connect"],
  ['const http = await import("node:http");', "node:http"],
  ['import axios from "axios";', "axios"],
  ['createRequire(import.meta.url)("axios")', "axios"],
  ['createRequire(import.meta.url)("node:http")', "node:http"],
  ["const load = createRequire(import.meta.url);", "createRequire("],
  ['import { register } from "node:module";', "node:module register"],
  ['await fetch("http://x");', "fetch("],
  ['new Function("return 1")', "new Function"],
])("the search finds %s", (source, fault) => {
  expect([...faults(source)]).toContain(fault);
});
