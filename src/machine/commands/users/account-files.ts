import type { ProgramContext } from "../command.ts";

/** Changes the lines of an account file. @returns the text of what went wrong */
export function editLines(
  context: ProgramContext,
  path: string,
  change: (lines: string[]) => string[],
): string | undefined {
  return context.attempt(() => {
    const text = Buffer.from(context.fs.read(path)).toString("utf8");
    context.fs.write(path, Buffer.from(`${change(text.replace(/\n$/, "").split("\n")).join("\n")}\n`));
    context.fs.closed(path);
  }).error;
}

/** Replaces the entry of `name`, given and taken as its fields. */
export function editEntry(
  context: ProgramContext,
  file: { readonly path: string; readonly name: string },
  change: (fields: readonly string[]) => readonly string[],
): string | undefined {
  return editLines(context, file.path, (lines) =>
    lines.map((text) => (text.startsWith(`${file.name}:`) ? change(text.split(":")).join(":") : text)),
  );
}

export function addMember(context: ProgramContext, group: string, name: string): void {
  editEntry(context, { path: "/etc/group", name: group }, (fields) => {
    const members = (fields[3] ?? "").split(",").filter((each) => each !== "" && each !== name);
    return [...fields.slice(0, 3), [...members, name].join(",")];
  });
}
