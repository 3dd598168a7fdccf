import type { Program, ProgramContext } from "../command.ts";
import { curly, hint } from "../operands.ts";

export const extraOperand = (context: ProgramContext, operand: string): Promise<number> =>
  context.fail(`${context.argv0}: extra operand ${curly(operand)}${hint(context)}`);

/** A program that takes no operand and says one line. */
export const plainAnswer =
  (text: (context: ProgramContext) => string): Program["run"] =>
  async (context) => {
    const operand = context.args[0];
    if (operand !== undefined && !operand.startsWith("-")) return extraOperand(context, operand);
    await context.out(`${text(context)}\n`);
    return 0;
  };
