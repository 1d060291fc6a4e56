import type { CommandContext } from "../cli/context.ts";
import { EXIT } from "../cli/exit-codes.ts";
import type { Finding } from "./finding.ts";

const MARKS = { ok: "ok   ", note: "note ", wrong: "WRONG" };

/** Lists what was found; exit code 1 when something is wrong. */
export function reportFindings(context: CommandContext, findings: readonly Finding[]): void {
  for (const { check, result, message } of findings) context.say(`${MARKS[result]}  ${check}: ${message}`);
  const isWell = findings.every(({ result }) => result !== "wrong");
  context.emit({ ok: isWell, findings });
  if (!isWell) context.exitWith(EXIT.failed);
}
