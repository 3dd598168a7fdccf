import type { Program } from "../command.ts";
import { bc } from "./bc.ts";
import { cat, tac } from "./cat.ts";
import { cmp } from "./cmp.ts";
import { column } from "./column.ts";
import { comm } from "./comm.ts";
import { cut } from "./cut.ts";
import { diff } from "./diff.ts";
import { echo, printf, yes } from "./echo.ts";
import { expr } from "./expr.ts";
import { grep } from "./grep.ts";
import { head, tail } from "./head-tail.ts";
import { join } from "./join.ts";
import { fold, nl, rev } from "./line-filters.ts";
import { less, man, more } from "./pager.ts";
import { paste } from "./paste.ts";
import { awk, sed } from "./sed-awk.ts";
import { seq } from "./seq.ts";
import { sort } from "./sort.ts";
import { split } from "./split.ts";
import { tee } from "./tee.ts";
import { tr } from "./tr.ts";
import { uniq } from "./uniq.ts";
import { wc } from "./wc.ts";
import { xargs } from "./xargs.ts";

/** What works on text, one file per command. */
export const textPrograms: readonly Program[] = [
  { names: ["cat"], run: cat },
  { names: ["tac"], run: tac },
  { names: ["head"], run: head },
  { names: ["tail"], run: tail },
  { names: ["wc"], run: wc },
  { names: ["tee"], run: tee },
  { names: ["yes"], run: yes },
  { names: ["sort"], run: sort },
  { names: ["uniq"], run: uniq },
  { names: ["cut"], run: cut },
  { names: ["tr"], run: tr },
  { names: ["rev"], run: rev },
  { names: ["nl"], run: nl },
  { names: ["fold"], run: fold },
  { names: ["paste"], run: paste },
  { names: ["comm"], run: comm },
  { names: ["diff"], run: diff },
  { names: ["cmp"], run: cmp },
  { names: ["split"], run: split },
  { names: ["join"], run: join },
  { names: ["column"], run: column },
  { names: ["less"], run: less },
  { names: ["more"], run: more },
  { names: ["man"], run: man },
  { names: ["grep", "egrep", "fgrep"], run: grep },
  { names: ["sed"], run: sed },
  { names: ["awk", "mawk", "gawk", "nawk"], run: awk },
  { names: ["echo"], run: echo },
  { names: ["printf"], run: printf },
  { names: ["true"], run: () => 0 },
  { names: ["false"], run: () => 1 },
  { names: ["seq"], run: seq },
  { names: ["expr"], run: expr },
  { names: ["xargs"], run: xargs },
  { names: ["bc"], run: bc },
  { names: ["pwd"], run: async (context) => (await context.out(`${context.fs.realpath(context.cwd)}\n`), 0) },
  { names: ["sync"], run: () => 0 },
  { names: ["clear"], run: async (context) => (await context.out("\x1b[H\x1b[2J\x1b[3J"), 0) },
];
