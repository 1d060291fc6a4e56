/** What commands answer. */
export interface CommandSentences {
  help(agents: boolean, custom: readonly string[]): string;
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
}

const ZH: CommandSentences = {
  help: (agents, custom) =>
    [
      "可用命令 Commands:",
      "/help 帮助 · what you can say",
      "/new 新会话 · start afresh",
      "/stop 停止 · stop the answer",
      "/status 状态 · what is going on",
      "/whoami 我是谁 · your id here",
      ...(agents ? ["/agent 智能体 · see or change who answers"] : []),
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
};

const EN: CommandSentences = {
  help: (agents, custom) =>
    [
      "Commands:",
      "/help what you can say",
      "/new start afresh",
      "/stop stop the answer",
      "/status what is going on",
      "/whoami your id here",
      ...(agents ? ["/agent see or change who answers"] : []),
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
};

/** Chinese sentences carry the English ones with them. */
export function commandSentences(language: "zh" | "en" = "zh"): CommandSentences {
  return language === "en" ? EN : ZH;
}
