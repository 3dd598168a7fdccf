import { BusTopicError } from "./errors.ts";

const TOKEN = /^[A-Za-z0-9_\-:@~]{1,64}$/;
const MAX_TOKENS = 16;
const MAX_LENGTH = 255;

/** @throws {BusTopicError} when `topic` is no dot-separated list of 1–16 tokens. */
export function checkTopic(topic: string): void {
  const tokens = topic.split(".");
  if (topic.length > MAX_LENGTH || tokens.length > MAX_TOKENS || !tokens.every((token) => TOKEN.test(token)))
    throw new BusTopicError(
      `"${topic.slice(0, 80)}" is no topic: 1–16 tokens of A–Z a–z 0–9 _ - : @ ~ between dots`,
    );
}

/** @throws {BusTopicError} when `pattern` is no NATS subject pattern. */
export function checkPattern(pattern: string): void {
  const tokens = pattern.split(".");
  const fits = tokens.every(
    (token, index) => token === "*" || (token === ">" && index === tokens.length - 1) || TOKEN.test(token),
  );
  if (!fits || pattern.length > MAX_LENGTH || tokens.length > MAX_TOKENS)
    throw new BusTopicError(`"${pattern.slice(0, 80)}" is no pattern: tokens, * for one, > for the rest`);
}

/** NATS rules: `*` is exactly one token, `>` is one or more and stands last. */
export function matches(pattern: string, topic: string): boolean {
  const wanted = pattern.split(".");
  const tokens = topic.split(".");
  for (const [index, want] of wanted.entries()) {
    if (want === ">") return tokens.length > index;
    if (index >= tokens.length || (want !== "*" && want !== tokens[index])) return false;
  }
  return wanted.length === tokens.length;
}
