import { type Agent, type AgentEvent, RejectedError } from "@wxgate/core";
import { z } from "zod";
import type { AgentType } from "../agent-type.ts";
import { address, addressBelow, fileSizes, headers, patience, secret, showReasoning, toolRounds } from "../config.ts";
import { fieldsOf, textIn } from "../json.ts";
import type { AgentPorts } from "../ports.ts";
import type { Answer } from "../transport/exchange.ts";
import { isNotFound } from "../transport/failures.ts";
import { exchangeFor, tellToStop } from "../transport/for-agent.ts";
import { encodeForm, fileForm } from "../transport/multipart.ts";
import type { AskedWith } from "../turn/asked.ts";
import { callTools } from "../turn/call-tool.ts";
import { type FilePart, type Part, turnParts } from "../turn/parts.ts";
import { keepConversation, type RemoteConversation, remoteConversation } from "../turn/remote-conversation.ts";
import { type CozeCall, type CozeChat, cozeFailure, knownFailure, readCoze } from "./coze-stream.ts";

export const cozeConfigSchema = z.strictObject({
  type: z.literal("coze").describe("A published bot of Coze (扣子)."),
  baseUrl: address
    .default("https://api.coze.cn")
    .describe("Coze's API: this one in China, `https://api.coze.com` elsewhere, or one's own installation."),
  apiKey: secret.describe("A personal or service access token, from Coze's API page; it must be allowed to chat."),
  botId: z
    .string()
    .regex(/^\d+$/, "must be the number in the address of the bot's page, in quotes")
    .describe(
      "The bot that answers: the number in the address of its page, in quotes. It must be published as an API.",
    ),
  variables: z.record(z.string(), z.string()).default({}).describe("Values of the variables in the bot's prompt."),
  headers,
  files: z
    .boolean()
    .default(true)
    .describe("true: what people send is uploaded for the bot. false: it only hears that there was a file."),
  ...fileSizes({ usual: 20_000_000, most: 100_000_000 }),
  followUps: z
    .boolean()
    .default(false)
    .describe("true: the questions the bot suggests come as a menu behind its answer."),
  showReasoning,
  maxToolRounds: toolRounds.describe("After so many rounds of tool calls in one turn the answer is given up."),
  ...patience,
});
export type CozeAgentConfig = z.output<typeof cozeConfigSchema>;

/** A published bot of Coze (扣子). It remembers the conversation itself. */
export function createCozeAgent(name: string, config: CozeAgentConfig, ports: AgentPorts): Agent {
  const exchange = exchangeFor(name, config, ports, {
    address: config.baseUrl,
    secrets: [config.apiKey],
    keys: "apiKey and botId",
    place: "baseUrl and botId, and whether the bot is published as an API",
    problemIn: knownFailure,
  });
  return {
    capabilities: { history: true },
    respond: (turn, signal) => answer({ config, ports, exchange, turn, signal }),
  };
}

export const cozeAgent: AgentType<typeof cozeConfigSchema> = {
  type: "coze",
  schema: cozeConfigSchema,
  create: createCozeAgent,
};

type Asked = AskedWith<CozeAgentConfig>;

async function* answer(asked: Asked): AsyncGenerator<AgentEvent> {
  const { config, ports, exchange, turn, signal } = asked;
  const conversation = await remoteConversation(ports, turn);
  let chat: CozeChat | undefined;
  let known = conversation.id;
  let rounds = 0;
  let reading = begin(asked, conversation, await question(asked));
  try {
    for (let calls: readonly CozeCall[] | undefined; ; calls = undefined) {
      for await (const item of reading) {
        if (item.kind === "chat") {
          chat = item.chat;
          if (chat.conversation !== known) {
            known = chat.conversation;
            await keepConversation(ports, turn, known, conversation.user);
          }
        } else if (item.kind === "calls") calls = item.calls;
        else yield item.event;
      }
      if (calls === undefined) return;
      rounds += 1;
      if (chat === undefined || rounds > config.maxToolRounds)
        throw exchange.failures.garbage("one tool call after another");
      const results = yield* callTools(ports, turn, calls, signal);
      const outputs = calls.map(({ id }, at) => ({ tool_call_id: id, output: results[at] }));
      reading = readCoze(await submit(asked, chat, outputs), exchange, config);
    }
  } finally {
    if (signal.aborted && chat !== undefined) void stop(asked, chat);
  }
}

/** A conversation that Coze no longer has is begun anew. */
async function* begin(asked: Asked, conversation: RemoteConversation, parts: readonly object[]) {
  const { config, ports, exchange, turn } = asked;
  try {
    yield* readCoze(await ask(asked, conversation, parts), exchange, config);
  } catch (error) {
    if (conversation.id === undefined || !isNotFound(error)) throw error;
    ports.log.warn({ turn: turn.id, session: turn.session }, "the agent forgot this conversation; a new one is begun");
    // What the new one is called is kept in place of the old as soon as Coze says it.
    yield* readCoze(await ask(asked, { user: conversation.user }, parts), exchange, config);
  }
}

function ask(asked: Asked, { id, user }: RemoteConversation, parts: readonly object[]): Promise<Answer> {
  const { config } = asked;
  const [only] = parts as readonly { readonly type: string; readonly text?: string }[];
  const plain = parts.length === 1 && only?.type === "text";
  const message = {
    role: "user",
    type: "question",
    content: plain ? only.text : JSON.stringify(parts),
    content_type: plain ? "text" : "object_string",
  };
  return post(asked, "v3/chat", id === undefined ? {} : { conversation_id: id }, {
    bot_id: config.botId,
    user_id: user,
    stream: true,
    auto_save_history: true,
    additional_messages: [message],
    ...(Object.keys(config.variables).length === 0 ? {} : { custom_variables: config.variables }),
  });
}

function submit(asked: Asked, { id, conversation }: CozeChat, outputs: readonly object[]): Promise<Answer> {
  const query = { conversation_id: conversation, chat_id: id };
  return post(asked, "v3/chat/submit_tool_outputs", query, { stream: true, tool_outputs: outputs });
}

function stop(asked: Asked, { id, conversation }: CozeChat): Promise<void> {
  return tellToStop(asked.ports, asked.turn.id, async (signal) => {
    const body = { chat_id: id, conversation_id: conversation };
    (await post({ ...asked, signal }, "v3/chat/cancel", {}, body)).discard();
  });
}

function post(
  { config, exchange, turn, signal }: Asked,
  path: string,
  query: Readonly<Record<string, string>>,
  body: object,
): Promise<Answer> {
  const url = addressBelow(config.baseUrl, path);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const sent = { ...authorized(config), "content-type": "application/json", "x-client-request-id": turn.id };
  return exchange.send({ method: "POST", url, headers: sent, body: JSON.stringify(body) }, signal);
}

/** The turn as Coze's parts: texts, and files by the ids they were uploaded under. */
async function question(asked: Asked): Promise<readonly object[]> {
  const { config, ports, turn, signal } = asked;
  const { textFileBytes, fileBytes } = config;
  const takes = () => config.files;
  const parts = await turnParts(turn, { ports, takes, textFileBytes, fileBytes }, signal);
  return Promise.all(parts.map((part) => (part.kind === "text" ? textPart(part) : upload(asked, part))));
}

function textPart({ text }: Extract<Part, { kind: "text" }>): object {
  return { type: "text", text };
}

const COZE_TYPES: Readonly<Record<FilePart["as"], string>> = {
  image: "image",
  voice: "audio",
  video: "file",
  file: "file",
};

async function upload({ config, ports, exchange, turn, signal }: Asked, file: FilePart): Promise<object> {
  const { contentType, body } = await encodeForm(fileForm(file));
  const url = addressBelow(config.baseUrl, "v1/files/upload");
  const sent = { ...authorized(config), "content-type": contentType };
  try {
    const reply = await (await exchange.send({ method: "POST", url, headers: sent, body }, signal)).json();
    const failure = cozeFailure(reply, exchange.failures);
    if (failure !== undefined) throw failure;
    const id = textIn(fieldsOf(fieldsOf(reply)?.data)?.id);
    if (id === undefined) throw exchange.failures.garbage("an upload without giving it an id");
    return { type: COZE_TYPES[file.as], file_id: id };
  } catch (error) {
    if (!(error instanceof RejectedError || isNotFound(error))) throw error;
    ports.log.warn({ turn: turn.id, media: file.media.id, err: error }, "the agent does not take a file");
    return { type: "text", text: file.described };
  }
}

function authorized({ apiKey, headers: more }: CozeAgentConfig): Record<string, string> {
  return { ...more, authorization: `Bearer ${apiKey}` };
}
