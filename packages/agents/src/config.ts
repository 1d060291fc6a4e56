import { z } from "zod";

/** An http(s) address without user name and password, which belong into keys of their own. */
export const address = z
  .url({ protocol: /^https?$/, error: "must be a whole address, such as http://127.0.0.1:9000/agent" })
  .refine((text) => !/^[a-z]+:\/\/[^/?#]*@/i.test(text), {
    error: "must not hold a user name or password; use `headers` or the key meant for it",
  });

export const secret = z.string().min(1, "is empty; remove the key if there is none");

/** The waiting every agent behind HTTP has in common. */
export const patience = {
  timeoutMs: z
    .number()
    .int()
    .min(1)
    .max(3_600_000)
    .default(300_000)
    .describe("How long the server may take until it begins to answer, in milliseconds; then the turn is tried again."),
  idleTimeoutMs: z
    .number()
    .int()
    .min(1)
    .max(3_600_000)
    .default(120_000)
    .describe("The longest silence in the middle of an answer, in milliseconds; then the turn is tried again."),
};

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is no HTTP header name");
const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, "holds characters that a header cannot carry");

export const headers = z
  .record(headerName, headerValue)
  .default({})
  .describe("HTTP headers sent with every request, by name. Their values are kept as secret as a key.");

export const bearerToken = secret
  .optional()
  .describe("Sent as `Authorization: Bearer …`; nothing is sent when it is absent.");

/** Where a model with one of OpenAI's interfaces is, and how it is asked. */
export const modelServer = {
  baseUrl: address
    .default("https://api.openai.com/v1")
    .describe("The server's address, up to and with `/v1`: OpenAI or any server that is compatible."),
  apiKey: secret
    .optional()
    .describe("The key of the server, from its console; leave it out for a server that asks for none."),
  model: z
    .string()
    .min(1, "is empty; name the model the server shall use")
    .describe("The model that answers, by the name the server knows it by."),
  systemPrompt: z
    .string()
    .optional()
    .describe("What the model is told about its task, before everything people say. Nothing when absent."),
  headers,
  extraBody: z
    .record(z.string(), z.json())
    .default({})
    .describe("Further fields of every request, such as `temperature`; they win over what the gateway would send."),
};

export const historyTokens = z
  .number()
  .int()
  .min(0)
  .max(1_000_000)
  .default(8_000)
  .describe("About so many tokens of what was said before in the session go along with a turn, the newest; 0: none.");

export const images = z
  .boolean()
  .default(true)
  .describe("true: the model sees the pictures people send. false, for a model that cannot: it only hears of them.");

/** @param fileBytes the default, and the most that may be set. */
export function fileSizes(fileBytes: { readonly usual: number; readonly most: number }) {
  return {
    textFileBytes: z
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .default(65_536)
      .describe("Text files up to so many bytes are handed over as text; 0: none are."),
    fileBytes: z
      .number()
      .int()
      .min(0)
      .max(fileBytes.most)
      .default(fileBytes.usual)
      .describe("Files larger than so many bytes are not handed over; the agent only hears of them."),
  };
}

export const showReasoning = z
  .boolean()
  .default(false)
  .describe(
    "true: what the model thinks before it answers is passed on; the bot channels show it where `showThinking` is on.",
  );

export const channelGuide = z
  .boolean()
  .default(true)
  .describe("Tell the agent what WeChat and WeCom can show, and how it sends pictures, files or menus.");

/** How many rounds of tool calls one turn may have. */
export const toolRounds = z.number().int().min(1).max(100).default(8);

/** For agents whose back-end asks the gateway to call a tool. */
export const toolLoop = {
  tools: z
    .boolean()
    .default(true)
    .describe("Offer the gateway's tools: send messages, look up conversations, manage schedules, use WeCom."),
  maxToolRounds: toolRounds.describe(
    "After so many rounds of tool calls in one turn the agent gets no more and must answer.",
  ),
};

/** `base` with `path` behind its own path; its query stays. */
export function addressBelow(base: string, path: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path}`;
  return url;
}
