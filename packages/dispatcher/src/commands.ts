/** Words that are handled at once, also while a turn runs. */
export type CommandName = "help" | "new" | "stop" | "status" | "whoami" | "human";
export interface Command {
  readonly name: CommandName;
  readonly argument: string;
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
  ["human", "human"],
  ["人工", "human"],
  ["转人工", "human"],
]);

/** A command is the whole message: a slash, its name, perhaps an argument. Other text with a slash is the agent's. */
export function parseCommand(text: string): Command | undefined {
  const trimmed = text.trim();
  if (!/^[/／]/.test(trimmed) || trimmed.length > 200) return undefined;
  const words = trimmed.slice(1).trim().split(/\s+/);
  for (const count of [2, 1]) {
    const name = NAMES.get(words.slice(0, count).join(" ").toLowerCase());
    if (name !== undefined && words.length >= count) return { name, argument: words.slice(count).join(" ") };
  }
  return undefined;
}

/** The bare word that asks for the pieces that wait. */
export function asksToContinue(text: string): boolean {
  return /^(?:继续|continue)[.。!！]?$/i.test(text.trim());
}

export const HELP_TEXT = [
  "可用命令 Commands:",
  "/help 帮助 · what you can say",
  "/new 新会话 · start afresh",
  "/stop 停止 · stop the answer",
  "/status 状态 · what is going on",
  "/whoami 我是谁 · your id here",
  "/human 人工 · ask for a person",
].join("\n");
