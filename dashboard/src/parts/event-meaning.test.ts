import { describe, expect, test } from "vitest";
import { meaningOf } from "./event-meaning.ts";

const told = (event_type: string, fields: Record<string, string>, msg = "") =>
  meaningOf({ event_type, service: "ssh", msg, fields })
    .map((part) => ("say" in part ? part.say : `‹${part.quote}›`))
    .join(" ");

describe("what an event says", () => {
  test("a log-in names the pair, and an accepted one says by what", () => {
    expect(told("auth_attempt", { principal: "root", secret_printable: "123456", outcome: "failure" })).toBe(
      "tried ‹root› / ‹123456›",
    );
    expect(told("auth_attempt", { principal: "root", secret_printable: "toor", outcome: "success" })).toBe(
      "accepted by policy ‹root› / ‹toor›",
    );
    expect(told("auth_attempt", { username: "root", method: "none" })).toBe("asked how to log in as ‹root›");
  });

  test("commands and requests", () => {
    expect(told("command", { cmd: "uname -a" })).toBe("ran ‹uname -a›");
    expect(told("request", { method: "GET", path: "/.env", status: "404" })).toBe("‹GET› ‹/.env› → ‹404›");
  });

  test("an unknown type shows its first fields, without the background", () => {
    expect(told("url_seen", { src_ip: "192.0.2.1", url: "http://x", conn: "f" })).toBe(
      "url seen: ‹url=http://x›",
    );
    expect(told("odd", {}, "some text")).toBe("‹some text›");
    expect(told("odd_thing", {})).toBe("odd thing");
  });

  test("names of object members are neither types nor fields", () => {
    expect(told("constructor", {})).toBe("constructor");
    expect(told("toString", {})).toBe("event");
    expect(told("auth_attempt", Object.create({ principal: "inherited" }) as Record<string, string>)).toBe(
      "tried no user name",
    );
  });

  test("attacker text is never among our own words", () => {
    const evil = "x\u202e<b>";
    const fields = Object.fromEntries(
      ["principal", "cmd", "kind", "path", "method", "user", "note", "reader"].map((name) => [name, evil]),
    );
    const types = [
      "auth_attempt",
      "command",
      "session_started",
      "machine_change",
      "request",
      "shell_input",
      "odd",
    ];
    const said = types.flatMap((event_type) =>
      meaningOf({ event_type, service: "ssh", msg: evil, fields }).flatMap((part) =>
        "say" in part ? [part.say] : [],
      ),
    );
    expect(said.length).toBeGreaterThan(5);
    expect(said.filter((text) => text.includes("\u202e"))).toEqual([]);
  });
});
