/** One thing the wizard asks; each can be answered by a flag instead. */
export interface Question {
  /** Of the configuration, and of the answers. */
  readonly key: string;
  /** As commander names it. */
  readonly flag: string;
  readonly words: string;
  readonly isSecret?: true;
  /** May stay unanswered. */
  readonly isOptional?: true;
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
}

const MY_COMPANY = "WeCom admin console, My Company, at the bottom";
const corpId: Question = { key: "corpId", flag: "corpId", words: `Corp ID (${MY_COMPANY})` };
const callback: readonly Question[] = [
  { key: "token", flag: "token", words: "Token of the callback page", isSecret: true },
  {
    key: "encodingAESKey",
    flag: "encodingAesKey",
    words: "EncodingAESKey of the callback page, 43 characters",
    isSecret: true,
  },
];
/** Without them the app only sends. */
const optionalCallback = callback.map(
  (question): Question => ({
    ...question,
    words: `${question.words} (leave both out for an app that only sends)`,
    isOptional: true,
  }),
);
const secret = (where: string): Question => ({
  key: "secret",
  flag: "secret",
  words: `Secret (${where})`,
  isSecret: true,
});

/** A kind of channel the wizard can set up. */
export interface ChannelKind {
  readonly label: string;
  readonly questions: readonly Question[];
  /** The key that says where the platform is. */
  readonly addressKey: "apiBaseUrl" | "url" | "baseUrl";
}

export const TYPES: Readonly<Record<string, ChannelKind>> = {
  kf: {
    label: "WeChat Customer Service (微信客服)",
    questions: [corpId, { ...secret("console of WeChat Customer Service, API"), isOptional: true }, ...callback],
    addressKey: "apiBaseUrl",
  },
  "wecom-bot-ws": {
    label: "WeCom AI bot, long connection (智能机器人)",
    questions: [{ key: "botId", flag: "botId", words: "Bot ID" }, secret("API mode, long connection")],
    addressKey: "url",
  },
  "wecom-bot-webhook": {
    label: "WeCom AI bot, callbacks",
    questions: callback,
    addressKey: "apiBaseUrl",
  },
  "wecom-agent-xml": {
    label: "WeCom self-built app (自建应用)",
    questions: [
      corpId,
      secret("the app's page"),
      { key: "agentId", flag: "agentId", words: "AgentId (the app's page)" },
      ...optionalCallback,
    ],
    addressKey: "apiBaseUrl",
  },
  "weixin-ilink": { label: "Personal WeChat bot, by QR code (iLink)", questions: [], addressKey: "baseUrl" },
};

export const AGENTS: Readonly<Record<string, { readonly label: string; readonly questions: readonly Question[] }>> = {
  echo: { label: "echo: repeats what is said, to try it out", questions: [] },
  openai: {
    label: "openai: any server with chat completions",
    questions: [
      { key: "baseUrl", flag: "agentUrl", words: "Its address, ending in /v1" },
      { key: "apiKey", flag: "agentKey", words: "Its API key", isSecret: true, isOptional: true },
      { key: "model", flag: "agentModel", words: "The model" },
    ],
  },
  http: {
    label: "http: your own program",
    questions: [
      { key: "url", flag: "agentUrl", words: "Its address" },
      {
        key: "secret",
        flag: "agentKey",
        words: "The secret requests are signed with",
        isSecret: true,
        isOptional: true,
      },
    ],
  },
};

const choicesOf = (entries: Readonly<Record<string, { readonly label: string }>>) =>
  Object.entries(entries).map(([value, { label }]) => ({ value, label }));

export const WHICH_CHANNEL: Question = {
  key: "type",
  flag: "type",
  words: "What shall be connected?",
  choices: choicesOf(TYPES),
};
export const WHICH_AGENT: Question = { key: "type", flag: "agent", words: "Who answers?", choices: choicesOf(AGENTS) };
