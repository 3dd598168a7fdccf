import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { code, generatedFrom, table } from "./markdown.ts";

/** One class of errors that is thrown on purpose, as its source declares it. */
export interface DeclaredError {
  readonly file: string;
  readonly name: string;
  /** `undefined` = it passes on the code of another error. */
  readonly code: string | undefined;
  readonly meaning: string;
  readonly isRetryable: boolean;
}

const declaration =
  /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^(?:export )?class (\w+) extends CodedError \{([\s\S]*?)^\}/gm;

const isTestCode = (path: string): boolean => /\.test\.ts$|\/testing\//.test(path);

/** The product's own sources, sorted. */
export const sourceFiles = (root: string): readonly string[] =>
  globSync("src/**/*.ts", { cwd: root })
    .filter((path) => !isTestCode(path))
    .toSorted();

function firstSentence(docstring: string): string {
  const text = docstring
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, ""))
    .join(" ")
    .trim();
  return /^.*?[.](?=\s|$)/.exec(text)?.[0] ?? text;
}

/** Reads the declarations instead of loading the classes: those of a room that nothing imports yet count too. */
export function declaredErrors(root: string): readonly DeclaredError[] {
  return sourceFiles(root).flatMap((file) => {
    const source = readFileSync(join(root, file), "utf8");
    return [...source.matchAll(declaration)].map(([, docstring = "", name = "", body = ""]) => ({
      file,
      name,
      code: /readonly code = "([A-Z0-9_]+)"/.exec(body)?.[1],
      meaning: firstSentence(docstring),
      isRetryable: /readonly retryable = true/.test(body),
    }));
  });
}

const roomOf = (file: string): string => file.split("/")[1] ?? "";

export function* errorsPage(root: string): Generator<string> {
  yield generatedFrom("the classes that extend `CodedError`");
  yield "# Errors";
  yield "";
  yield "Every error that is thrown on purpose has a code that is never used for anything else. `again` = the same";
  yield "call may succeed later without anyone changing anything, so a worker backs off and tries again. Any error";
  yield "without such a code is a defect. The API's replies have codes of their own: [api.md](api.md).";
  yield "";
  const found = declaredErrors(root).flatMap((error) =>
    error.code === undefined ? [] : [{ ...error, code: error.code }],
  );
  yield* table(
    ["code", "class", "room", "again", "meaning"],
    found
      .toSorted((a, b) => (a.code < b.code ? -1 : 1))
      .map((error) => [
        code(error.code),
        code(error.name),
        roomOf(error.file),
        error.isRetryable ? "yes" : "",
        error.meaning,
      ]),
  );
}
