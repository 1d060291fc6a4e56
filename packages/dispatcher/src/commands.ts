import type { OutboundContent } from "@wxgate/core";

/** Words that are handled at once, also while a turn runs. */
export type CommandName = "help" | "new" | "stop" | "status" | "whoami" | "agent" | "skill" | "human";
export type Command =
  | {
      readonly name: CommandName;
      readonly argument: string;
      /** Asked for by a keyword of the channel instead of the command. */
      readonly byKeyword?: true;
    }
  | { readonly name: "custom"; readonly custom: CustomCommand };

/** A command of the operator's. */
export interface CustomCommand {
  readonly content: readonly OutboundContent[];
  /** Instead of `commands.allowFrom`. */
  readonly allowFrom?: readonly string[];
}

/** What makes a message a command beside the built-in names. */
export interface CommandWords {
  /** By what people write: with a slash, words may follow; without, it is the whole message. */
  readonly custom?: Readonly<Record<string, CustomCommand>>;
  /** Whole messages that ask for a human. */
  readonly handoffKeywords?: readonly string[];
}

const NAMES: ReadonlyMap<string, CommandName> = new Map([
  ["help", "help"],
  ["帮助", "help"],
  ["new", "new"],
  ["reset", "new"],
  ["session new", "new"],
  ["新会话", "new"],
  ["重置", "new"],
  ["stop", "stop"],
  ["停止", "stop"],
  ["停", "stop"],
  ["status", "status"],
  ["状态", "status"],
  ["whoami", "whoami"],
  ["我是谁", "whoami"],
  ["agent", "agent"],
  ["智能体", "agent"],
  ["切换", "agent"],
  ["skill", "skill"],
  ["技能", "skill"],
  ["human", "human"],
  ["人工", "human"],
  ["转人工", "human"],
]);
const LONGEST = 200;

/** A command is the whole message: a slash, its name, perhaps an argument. Other text with a slash is the agent's. */
export function parseCommand(text: string, words: CommandWords = {}): Command | undefined {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > LONGEST) return undefined;
  const isSlash = /^[/／]/.test(trimmed);
  const said = isSlash ? `/${trimmed.slice(1).trim()}` : trimmed;
  const custom = customIn(said, words.custom);
  if (custom !== undefined) return { name: "custom", custom };
  if (isSlash) return builtIn(said.slice(1));
  const isKeyword = words.handoffKeywords?.some((keyword) => bare(keyword) === bare(trimmed)) ?? false;
  return isKeyword ? { name: "human", argument: "", byKeyword: true } : undefined;
}

function builtIn(said: string): Command | undefined {
  const words = said.split(/\s+/);
  for (const count of [2, 1]) {
    const name = NAMES.get(words.slice(0, count).join(" ").toLowerCase());
    if (name === undefined || words.length < count) continue;
    // With a request behind its name it is the agent's.
    if (name === "skill" && words.length > count + 1) return undefined;
    return { name, argument: words.slice(count).join(" ") };
  }
  return undefined;
}

function customIn(said: string, custom: CommandWords["custom"] = {}): CustomCommand | undefined {
  const whole = bare(said);
  for (const [key, command] of Object.entries(custom)) {
    const wanted = bare(key);
    if (whole === wanted || (wanted.startsWith("/") && /^\s/.test(afterPrefix(whole, wanted)))) return command;
  }
  return undefined;
}

function afterPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : "";
}

/** As it is compared: without case, and without the sign it may end in. */
function bare(text: string): string {
  return text
    .trim()
    .replace(/^／/, "/")
    .replace(/[.。!！?？~～]$/, "")
    .toLowerCase();
}

/** The bare word that asks for the pieces that wait. */
export function asksToContinue(text: string): boolean {
  return /^(?:继续|continue)[.。!！]?$/i.test(text.trim());
}
