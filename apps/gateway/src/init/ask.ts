import { isCancel, password, select, text } from "@clack/prompts";
import { CommandError, EXIT } from "../cli/exit-codes.ts";
import type { Question } from "./questions.ts";

type Flags = Readonly<Record<string, unknown>>;

/** Answers from flags; what they leave open is asked in the terminal, or an error where there is none. */
export function createInterview(flags: Flags, isInteractive: boolean) {
  async function ask(question: Question): Promise<string | undefined> {
    const given = flags[question.flag];
    if (typeof given === "string") return checked(question, given.trim());
    if (!isInteractive) {
      if (question.isOptional) return undefined;
      throw new CommandError(`${flagOf(question)} is missing: ${question.words}`, EXIT.usage);
    }
    const answer = await prompt(question);
    if (isCancel(answer)) throw new CommandError("given up; nothing was written");
    return typeof answer !== "string" || answer === "" ? undefined : answer.trim();
  }

  return {
    async must(question: Question): Promise<string> {
      return (await ask(question)) ?? "";
    },
    async all(questions: readonly Question[]): Promise<Record<string, string>> {
      const answers: Record<string, string> = {};
      for (const question of questions) {
        const answer = await ask(question);
        if (answer !== undefined) answers[question.key] = answer;
      }
      return answers;
    },
  };
}

function prompt({ words: message, isSecret, isOptional, choices }: Question): Promise<string | symbol | undefined> {
  if (choices) return select({ message, options: [...choices] });
  const validate = (value: string | undefined) =>
    !isOptional && (value ?? "").trim() === "" ? "is needed" : undefined;
  return isSecret ? password({ message, validate }) : text({ message, validate });
}

function checked(question: Question, answer: string): string {
  const { choices } = question;
  if (!choices || choices.some(({ value }) => value === answer)) return answer;
  throw new CommandError(
    `${flagOf(question)} takes ${choices.map(({ value }) => value).join(", ")}, not "${answer}"`,
    EXIT.usage,
  );
}

function flagOf({ flag }: Question): string {
  return `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
