import { createHash } from "node:crypto";
import type { Program, ProgramContext } from "../command.ts";
import { badOption, eachOperand } from "../operands.ts";
import { inputs } from "../text/streams.ts";

function hashing(algorithm: string): Program["run"] {
  return async (context) => {
    const names = context.args.filter((arg) => !/^-[bt]$|^--(binary|text)$/.test(arg));
    const bad = names.find((name) => /^--?\w/.test(name) && name !== "-" && !/^(-c|--check)$/.test(name));
    if (bad !== undefined) return badOption(context, bad);
    let status = 0;
    for await (const { name, input } of inputs(
      context,
      names.filter((each) => !/^(-c|--check)$/.test(each)),
      () => (status = 1),
    )) {
      const hash = createHash(algorithm);
      for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read())
        hash.update(chunk);
      await context.out(`${hash.digest("hex")}  ${name}\n`);
    }
    return status;
  };
}

const crcTable = Array.from({ length: 256 }, (_each, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

async function cksum(context: ProgramContext): Promise<number> {
  const named = context.args.length > 0;
  return eachOperand(named ? context.args : ["-"], async (name) => {
    const { value: input, error } = context.attempt(() => context.open(name));
    if (error !== undefined) return context.fail(`${context.argv0}: ${name}: ${error}`);
    let crc = 0;
    let length = 0;
    const step = (byte: number) => {
      crc = ((crc << 8) ^ (crcTable[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
    };
    for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
      length += chunk.length;
      for (const byte of chunk) step(byte);
    }
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) step(rest & 0xff);
    await context.out(`${~crc >>> 0} ${length}${named ? ` ${name}` : ""}\n`);
    return 0;
  });
}

export const hashPrograms: readonly Program[] = [
  ...["md5", "sha1", "sha224", "sha256", "sha384", "sha512"].map((algorithm) => ({
    names: [`${algorithm}sum`],
    run: hashing(algorithm),
  })),
  { names: ["cksum"], run: cksum },
];
