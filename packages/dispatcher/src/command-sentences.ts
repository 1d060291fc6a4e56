/** What commands answer. */
export interface CommandSentences {
  help(has: { readonly agents: boolean; readonly skills: boolean }, custom: readonly string[]): string;
  stopped: string;
  nothingRuns: string;
  newSession: string;
  servedByHuman: string;
  servedByAgent(agent: string): string;
  waiting(count: number): string;
  session(id: string): string;
  channel(id: string): string;
  group(id: string): string;
  agentNow(name: string, others: readonly string[]): string;
  agentSwitched(name: string): string;
  noSuchAgent(names: readonly string[]): string;
  noSkills: string;
  skillNow(
    name: string | undefined,
    skills: readonly { readonly name: string; readonly description: string }[],
  ): string;
  skillOn(name: string): string;
  skillOff: string;
  noSuchSkill(names: readonly string[]): string;
}

const ZH: CommandSentences = {
  help: ({ agents, skills }, custom) =>
    [
      "可用命令 Commands:",
      "/help 帮助 · what you can say",
      "/new 新会话 · start afresh",
      "/stop 停止 · stop the answer",
      "/status 状态 · what is going on",
      "/whoami 我是谁 · your id here",
      ...(agents ? ["/agent 智能体 · see or change who answers"] : []),
      ...(skills ? ["/skill 技能 · see or choose instructions for a task"] : []),
      "/human 人工 · ask for a person",
      ...custom,
    ].join("\n"),
  stopped: "已停止。Stopped.",
  nothingRuns: "现在没有正在进行的回答。Nothing is running.",
  newSession: "已开始新会话。A new session has begun.",
  servedByHuman: "人工服务中 a person serves you",
  servedByAgent: (agent) => `智能助手服务中 the assistant serves you: ${agent}`,
  waiting: (count) => (count === 0 ? "没有待发送的消息 nothing waits" : `待发送 waiting: ${count}`),
  session: (id) => `会话 session: ${id}`,
  channel: (id) => `渠道 channel: ${id}`,
  group: (id) => `群 group: ${id}`,
  agentNow: (name, others) => `当前智能体 answering now: ${name}\n可切换 others: ${others.join(", ") || "-"}`,
  agentSwitched: (name) => `已切换到 ${name}。${name} answers from now on.`,
  noSuchAgent: (names) => `没有这个智能体。There is no such agent. 可选 choose: ${names.join(", ")}`,
  noSkills: "这里没有可用的技能。There are no skills here.",
  skillNow: (name, skills) => `当前技能 in use: ${name ?? "-"}\n可选 choose:\n${skills.map(skillLine).join("\n")}`,
  skillOn: (name) => `已启用技能 ${name}，直到 /new 或 /skill off。It is in use until /new or /skill off.`,
  skillOff: "已停用技能。No skill is in use.",
  noSuchSkill: (names) => `没有这个技能。There is no such skill. 可选 choose: ${names.join(", ")}`,
};

const EN: CommandSentences = {
  help: ({ agents, skills }, custom) =>
    [
      "Commands:",
      "/help what you can say",
      "/new start afresh",
      "/stop stop the answer",
      "/status what is going on",
      "/whoami your id here",
      ...(agents ? ["/agent see or change who answers"] : []),
      ...(skills ? ["/skill see or choose instructions for a task"] : []),
      "/human ask for a person",
      ...custom,
    ].join("\n"),
  stopped: "Stopped.",
  nothingRuns: "Nothing is running.",
  newSession: "A new session has begun.",
  servedByHuman: "A person serves you.",
  servedByAgent: (agent) => `The assistant serves you: ${agent}`,
  waiting: (count) => (count === 0 ? "Nothing waits." : `Waiting: ${count}`),
  session: (id) => `Session: ${id}`,
  channel: (id) => `Channel: ${id}`,
  group: (id) => `Group: ${id}`,
  agentNow: (name, others) => `Answering now: ${name}\nOthers: ${others.join(", ") || "-"}`,
  agentSwitched: (name) => `${name} answers from now on.`,
  noSuchAgent: (names) => `There is no such agent. Choose: ${names.join(", ")}`,
  noSkills: "There are no skills here.",
  skillNow: (name, skills) => `In use: ${name ?? "-"}\nChoose:\n${skills.map(skillLine).join("\n")}`,
  skillOn: (name) => `${name} is in use until /new or /skill off.`,
  skillOff: "No skill is in use.",
  noSuchSkill: (names) => `There is no such skill. Choose: ${names.join(", ")}`,
};

const LINE_LENGTH = 90;

function skillLine({ name, description }: { readonly name: string; readonly description: string }): string {
  const short = description.length > LINE_LENGTH ? `${description.slice(0, LINE_LENGTH - 1)}…` : description;
  return `${name} · ${short}`;
}

/** Chinese sentences carry the English ones with them. */
export function commandSentences(language: "zh" | "en" = "zh"): CommandSentences {
  return language === "en" ? EN : ZH;
}
