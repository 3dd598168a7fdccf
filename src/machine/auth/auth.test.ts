import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuthAttempt } from "../contract.ts";
import { groupOf } from "../machine.ts";
import { openTestMachine, textOf } from "../testing/machine.ts";
import { personaNamed } from "../testing/persona.ts";
import { crypt, matchesCrypt } from "./crypt.ts";
import { commonPasswords, dictionary, isCanary } from "./dictionary.ts";
import { hintPairs, triesNeeded } from "./policy.ts";

const attempt = (user: string, password: string | Uint8Array, group = "192.0.2.7"): AuthAttempt => ({
  service: "ssh",
  user,
  group,
  secret: {
    kind: "password",
    bytes: typeof password === "string" ? Buffer.from(password, "utf8") : password,
  },
});

const withPolicy = (policy: "list" | "after_tries" | "mixed" | "any" | "none", name = "auth") =>
  personaNamed(name, {
    auth: {
      policy,
      accounts: [{ user: "root", password: "root123" }],
      tries: { min: 3, max: 8 },
      dictionary_only: true,
    },
  });

describe("crypt", () => {
  it.each([
    [
      "Hello world!",
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    ],
    ["Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"],
    [
      "Hello world!",
      "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
    ],
    ["password", "$1$abcdefgh$G//4keteveJp0qb8z2DxG/"],
  ])("%s gives what other implementations give", (password, stored) => {
    expect(crypt(Buffer.from(password), stored)).toBe(stored);
    expect(matchesCrypt(Buffer.from(password), stored)).toBe(true);
    expect(matchesCrypt(Buffer.from(`${password}x`), stored)).toBe(false);
  });

  it("an unknown method never matches", () => {
    expect(matchesCrypt(Buffer.from("x"), "$y$j9T$abc$def")).toBe(false);
    expect(matchesCrypt(Buffer.from("x"), "*")).toBe(false);
  });
});

describe("the dictionary", () => {
  it("has ten thousand passwords and none that detectors use", () => {
    expect(dictionary().size).toBe(10_000);
    expect(commonPasswords(3)).toEqual(["123456", "admin", "root"]);
    expect([...dictionary()].filter((word) => /345gs5662d34|phil|richard/i.test(word))).toEqual([]);
  });

  it.each([
    ["root", "345gs5662d34", true],
    ["345gs5662d34", "x", true],
    ["root", "3245gs5662d34", true],
    ["charles", "charles", true],
    ["gfdtrwq", "gfdtrwq", true],
    ["admin", "admin", false],
    ["root", "root", false],
    ["test", "123456", false],
  ])("%s with %s: canary %s", (user, password, expected) => {
    expect(isCanary(user, password)).toBe(expected);
  });
});

describe.each(["list", "after_tries", "mixed", "none"] as const)("policy %s", (policy) => {
  it("lets at most one password in for a user, whatever is tried", async () => {
    await using test = await openTestMachine(withPolicy(policy));
    const words = commonPasswords(400);
    for (const user of ["root", "mkeller", "nobody", "absent"]) {
      const accepted = words.filter((word) => test.machine.authenticate(attempt(user, word)).accepted);
      expect(accepted.length).toBeLessThanOrEqual(1);
      for (const word of accepted) expect(test.machine.authenticate(attempt(user, word)).accepted).toBe(true);
    }
  });

  it("never accepts a password from outside the dictionary that is not listed", async () => {
    await using test = await openTestMachine(withPolicy(policy));
    fc.assert(
      fc.property(
        fc.string({ minLength: 12, maxLength: 40 }),
        fc.constantFrom("root", "mkeller"),
        (password, user) => {
          expect(test.machine.authenticate(attempt(user, password)).accepted).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("refuses canary pairs", async () => {
    await using test = await openTestMachine(withPolicy(policy));
    for (const password of ["345gs5662d34", "3245gs5662d34"])
      for (let i = 0; i < 12; i += 1)
        expect(test.machine.authenticate(attempt("root", password)).accepted).toBe(false);
  });
});

describe("listed pairs", () => {
  it("are accepted at once under list and mixed, and are the hints", async () => {
    for (const policy of ["list", "mixed"] as const) {
      await using test = await openTestMachine(withPolicy(policy));
      expect(hintPairs(test.machine.persona)).toMatchObject([{ user: "root", password: "root123" }]);
      expect(test.machine.authenticate(attempt("root", "root123"))).toEqual({
        accepted: true,
        account: { uid: 0, gid: 0, home: "/root", shell: "/bin/bash" },
      });
    }
    expect(hintPairs(withPolicy("after_tries"))).toEqual([]);
  });

  it("count only for the services they name", async () => {
    const persona = personaNamed("services", {
      auth: {
        policy: "list",
        accounts: [{ user: "root", password: "root123", services: ["telnet"] }],
        tries: { min: 3, max: 8 },
        dictionary_only: true,
      },
    });
    await using test = await openTestMachine(persona);
    expect(test.machine.authenticate(attempt("root", "root123")).accepted).toBe(false);
    expect(test.machine.authenticate({ ...attempt("root", "root123"), service: "telnet" }).accepted).toBe(
      true,
    );
  });

  it("are real accounts even when the persona has no such person", async () => {
    const persona = personaNamed("oracle", {
      auth: {
        policy: "list",
        accounts: [{ user: "oracle", password: "oracle" }],
        tries: { min: 3, max: 8 },
        dictionary_only: true,
      },
    });
    await using test = await openTestMachine(persona);
    expect(test.machine.authenticate(attempt("oracle", "oracle"))).toMatchObject({
      accepted: true,
      account: { home: "/home/oracle" },
    });
    expect(test.files().access("/home/oracle/.bashrc", "exists")).toBe(true);
  });
});

it("under any, everything but the refused set is accepted", async () => {
  await using test = await openTestMachine(withPolicy("any"));
  expect(test.machine.authenticate(attempt("root", "whatever it is")).accepted).toBe(true);
  expect(test.machine.authenticate(attempt("root", "345gs5662d34")).accepted).toBe(false);
  expect(test.machine.authenticate(attempt("daemon", "x")).accepted).toBe(false);
});

describe("after tries", () => {
  const user = "mkeller";
  const words = commonPasswords(60).filter((word) => word.length > 4);

  it("the T-th distinct password is let in, T between the bounds and the same for the same group", async () => {
    const persona = withPolicy("after_tries");
    for (let last = 1; last <= 12; last += 1) {
      const group = `203.0.113.${String(last)}`;
      await using test = await openTestMachine(persona);
      const needed = triesNeeded(persona, group, user);
      expect(needed).toBeGreaterThanOrEqual(3);
      expect(needed).toBeLessThanOrEqual(8);
      const index = words.findIndex((word) => {
        test.machine.authenticate(attempt(user, words[0] ?? "", group));
        return test.machine.authenticate(attempt(user, word, group)).accepted;
      });
      expect(index).toBe(needed - 1);
    }
    expect(
      new Set(Array.from({ length: 40 }, (_, i) => triesNeeded(persona, `10.0.0.${String(i)}`, user))).size,
    ).toBeGreaterThan(3);
  });

  it("what was accepted stays the only one over a restart, and its hash stands in shadow", async () => {
    await using test = await openTestMachine(withPolicy("after_tries"));
    const accepted = words.find((word) => test.machine.authenticate(attempt(user, word)).accepted) ?? "";
    expect(accepted).not.toBe("");
    await test.machine[Symbol.asyncDispose]();
    await using again = await test.again();
    expect(again.machine.authenticate(attempt(user, accepted)).accepted).toBe(true);
    const others = words.filter((word) => word !== accepted);
    expect(others.filter((word) => again.machine.authenticate(attempt(user, word)).accepted)).toEqual([]);
    const line = textOf(again.files().read("/etc/shadow"))
      .split("\n")
      .find((one) => one.startsWith(`${user}:`));
    expect(matchesCrypt(Buffer.from(accepted), line?.split(":")[1] ?? "")).toBe(true);
    expect(again.machine.authenticate(attempt(user, accepted, "198.51.100.1")).accepted).toBe(false);
  });

  it("counting survives a restart", async () => {
    const persona = withPolicy("after_tries");
    await using test = await openTestMachine(persona);
    const needed = triesNeeded(persona, "192.0.2.7", user);
    for (const word of words.slice(0, needed - 1))
      expect(test.machine.authenticate(attempt(user, word)).accepted).toBe(false);
    await test.machine[Symbol.asyncDispose]();
    await using again = await test.again();
    expect(again.machine.authenticate(attempt(user, words[needed] ?? "")).accepted).toBe(true);
  });

  it("does not make a world for those who only guess", async () => {
    await using test = await openTestMachine(withPolicy("list"));
    for (const word of words) test.machine.authenticate(attempt("root", `${word}!`, "198.51.100.77"));
    const files = test.files({}, "198.51.100.77");
    expect(textOf(files.read("/var/log/auth.log"))).toContain("Failed password for root from 198.51.100.77");
    expect(files.read("/var/log/btmp").length).toBeGreaterThan(384 * 10);
  });
});

describe("what is changed in the world counts", () => {
  it("a new password is the only one, also over a restart", async () => {
    await using test = await openTestMachine(withPolicy("mixed"));
    test.view().users.setPassword("root", "Tr0ub4dor&3");
    expect(test.machine.authenticate(attempt("root", "Tr0ub4dor&3")).accepted).toBe(true);
    expect(test.machine.authenticate(attempt("root", "root123")).accepted).toBe(false);
    await test.machine[Symbol.asyncDispose]();
    await using again = await test.again();
    expect(again.machine.authenticate(attempt("root", "Tr0ub4dor&3")).accepted).toBe(true);
    expect(again.machine.authenticate(attempt("root", "root123")).accepted).toBe(false);
    expect(again.machine.authenticate(attempt("root", "root123", "198.51.100.3")).accepted).toBe(true);
  });

  it("a user added by hand, with a hash made elsewhere, gets in", async () => {
    await using test = await openTestMachine(withPolicy("mixed"));
    const files = test.files();
    files.append("/etc/passwd", Buffer.from("eve:x:0:0::/root:/bin/bash\n"));
    files.append("/etc/shadow", Buffer.from("eve:$1$abcdefgh$G//4keteveJp0qb8z2DxG/:19000:0:99999:7:::\n"));
    expect(test.machine.authenticate(attempt("eve", "password"))).toMatchObject({
      accepted: true,
      account: { uid: 0 },
    });
    expect(test.machine.authenticate(attempt("eve", "passwore")).accepted).toBe(false);
  });

  it("a locked account is locked, a planted key works", async () => {
    await using test = await openTestMachine(withPolicy("mixed"));
    const files = test.files();
    const shadow = textOf(files.read("/etc/shadow"));
    files.write("/etc/shadow", Buffer.from(shadow.replace(/^root:/m, "root:!")));
    expect(test.machine.authenticate(attempt("root", "root123")).accepted).toBe(false);
    const blob = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.alloc(36, 7)]);
    const key = (bytes: Uint8Array): AuthAttempt => ({
      service: "ssh",
      user: "root",
      group: "192.0.2.7",
      secret: { kind: "publickey", type: "ssh-ed25519", blob: bytes },
    });
    expect(test.machine.authenticate(key(blob)).accepted).toBe(false);
    files.append("/root/.ssh/authorized_keys", Buffer.from(`ssh-ed25519 ${blob.toString("base64")} me\n`));
    expect(test.machine.authenticate(key(blob)).accepted).toBe(true);
    expect(test.machine.authenticate(key(Buffer.alloc(40, 1))).accepted).toBe(false);
    expect(test.machine.authenticate({ ...key(blob), group: "198.51.100.3" }).accepted).toBe(false);
  });
});

describe("odd input", () => {
  let test: Awaited<ReturnType<typeof openTestMachine>>;
  beforeAll(async () => {
    test = await openTestMachine(withPolicy("mixed"));
  });
  afterAll(async () => {
    await test[Symbol.asyncDispose]();
  });

  it("any user and any bytes give an answer", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.uint8Array({ maxLength: 1200 }), (user, password) => {
        expect(test.machine.authenticate(attempt(user, password)).accepted).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:0db8::1", "2001:db8:0:0::/64"],
  ])("%s belongs to %s", (ip, group) => {
    expect(groupOf(ip)).toBe(group);
  });
});
