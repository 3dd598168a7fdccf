import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TelnetDecoder, TelnetEncoder, type TelnetItem } from "./codec.ts";
import { gateWord } from "./gate-words.ts";
import { LineReader } from "./line-reader.ts";
import { Negotiation } from "./negotiation.ts";
import { personalities } from "./personality.ts";

const data = (items: readonly TelnetItem[]): Buffer =>
  Buffer.concat(items.flatMap((item) => (item.kind === "data" ? [item.bytes] : [])));

describe("the stream", () => {
  test("commands, options and subnegotiations are taken out of the data", () => {
    const bytes = Buffer.from([
      0x61, 255, 251, 24, 0x62, 255, 250, 24, 0, 0x78, 255, 255, 255, 240, 255, 246, 255, 255,
    ]);
    expect(new TelnetDecoder().take(bytes)).toEqual([
      { kind: "data", bytes: Buffer.from("a") },
      { kind: "option", verb: 251, option: 24 },
      { kind: "data", bytes: Buffer.from("b") },
      { kind: "sub", option: 24, bytes: Buffer.from([0, 0x78, 255]) },
      { kind: "command", command: 246 },
      { kind: "data", bytes: Buffer.from([255]) },
    ]);
  });

  test.each([
    ["root\r\n", "root\r"],
    ["root\r\0", "root\r"],
    ["root\n", "root\n"],
    ["a\rb", "a\rb"],
  ])("%j reaches the terminal as %j", (sent, got) => {
    expect(data(new TelnetDecoder().take(Buffer.from(sent))).toString()).toBe(got);
  });

  test("any bytes, cut anywhere, give the same data and never throw", () => {
    const interesting = fc.array(fc.oneof(fc.constantFrom(255, 250, 240, 251, 254, 13, 10, 0), fc.nat(255)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(interesting, fc.nat(60), (bytes, cut) => {
        const whole = data(new TelnetDecoder().take(Buffer.from(bytes)));
        const decoder = new TelnetDecoder();
        const parts = [
          ...decoder.take(Buffer.from(bytes.slice(0, cut))),
          ...decoder.take(Buffer.from(bytes.slice(cut))),
        ];
        expect(data(parts)).toEqual(whole);
      }),
    );
  });

  test("what is written comes out of a decoder as it was, CR LF as its CR", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, bareCr) => {
        const plain = Buffer.from(bytes.filter((byte) => byte !== 13 && byte !== 0 && byte !== 10));
        const encoded = new TelnetEncoder(bareCr).encode(plain);
        expect(data(new TelnetDecoder().take(encoded))).toEqual(plain);
      }),
    );
  });

  test("a bare CR is followed by NUL only where the daemon does so", () => {
    expect(new TelnetEncoder(true).encode(Buffer.from("a\rb\r\n"))).toEqual(Buffer.from("a\r\0b\r\n"));
    expect(new TelnetEncoder(false).encode(Buffer.from("a\rb\r\n"))).toEqual(Buffer.from("a\rb\r\n"));
  });
});

describe("negotiation", () => {
  test("busybox opens with its known twelve bytes", () => {
    const sent: Buffer[] = [];
    new Negotiation(personalities.busybox, (bytes) => void sent.push(bytes)).ask(
      personalities.busybox.opening,
    );
    expect(Buffer.concat(sent).toString("hex")).toBe("fffd01fffd1ffffb01fffb03");
  });

  test("two that agree never loop: a spray of all options gets at most one answer each", () => {
    const sent: Buffer[] = [];
    const negotiation = new Negotiation(personalities.inetutils, (bytes) => void sent.push(bytes));
    negotiation.ask(personalities.inetutils.opening);
    const before = sent.length;
    for (let option = 0; option < 256; option += 1) {
      negotiation.onOption({ kind: "option", verb: 251, option });
      negotiation.onOption({ kind: "option", verb: 253, option });
    }
    expect(sent.length - before).toBeLessThanOrEqual(2 * 256 + 4);
    expect(negotiation.sequence.length).toBeLessThan(2_048);
  });

  test("window size and terminal type are read, and nonsense is not believed", () => {
    const negotiation = new Negotiation(personalities.inetutils, () => {});
    negotiation.onSub(31, Buffer.from([0, 132, 0, 43]));
    negotiation.onSub(24, Buffer.from("\0XTERM-256COLOR"));
    expect(negotiation.size).toEqual({ columns: 132, rows: 43 });
    expect(negotiation.terminalType).toBe("xterm-256color");
    const other = new Negotiation(personalities.inetutils, () => {});
    other.onSub(24, Buffer.from("\0$(reboot)"));
    other.onSub(31, Buffer.from([255]));
    expect([other.terminalType, other.size]).toEqual([undefined, undefined]);
  });
});

describe("a line at the prompt", () => {
  const type = (text: string, echo: "on" | "off" = "on"): { line: string | undefined; shown: string } => {
    let shown = "";
    const reader = new LineReader((bytes) => void (shown += bytes.toString("latin1")));
    reader.begin(echo);
    return { line: reader.take(Buffer.from(text, "latin1")).line?.toString("latin1"), shown };
  };

  test("is edited and echoed as a terminal does", () => {
    expect(type("rx\x7foot\r")).toEqual({ line: "root", shown: "rx\b \boot\r\n" });
    expect(type("bad\x15root\r")).toMatchObject({ line: "root" });
    expect(type("a\x03b\r")).toEqual({ line: "a\x03b", shown: "a^Cb\r\n" });
  });

  test("shows nothing of a password", () => {
    expect(type("s3cr\x00\xfft\r", "off")).toEqual({ line: "s3cr\x00\xfft", shown: "" });
  });
});

test("words for a shell are known, plain and coded; names and passwords are not", () => {
  const known = ["enable", "system", "shell", "sh", "/bin/busybox MIRAI", "lghkel", "zpz}ld", "zalee", "za"];
  expect(known.map((word) => gateWord(word))).toEqual([
    "enable",
    "system",
    "shell",
    "sh",
    "/bin/busybox MIRAI",
    "enable",
    "system",
    "shell",
    "sh",
  ]);
  expect(
    ["root", "admin", "xc3511", "", "7ujMko0admin"].filter((word) => gateWord(word) !== undefined),
  ).toEqual([]);
});
