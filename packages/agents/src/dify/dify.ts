import { type Agent, type AgentEvent, RejectedError } from "@wxgate/core";
import { z } from "zod";
import type { AgentType } from "../agent-type.ts";
import { address, addressBelow, fileSizes, headers, patience, secret, showReasoning } from "../config.ts";
import { fieldsOf, textIn } from "../json.ts";
import type { AgentPorts } from "../ports.ts";
import type { Answer } from "../transport/exchange.ts";
import { isNotFound } from "../transport/failures.ts";
import { exchangeFor, tellToStop } from "../transport/for-agent.ts";
import { encodeForm, fileForm } from "../transport/multipart.ts";
import type { AskedWith } from "../turn/asked.ts";
import { type FilePart, partsText, turnParts } from "../turn/parts.ts";
import {
  forgetConversation,
  keepConversation,
  type RemoteConversation,
  remoteConversation,
} from "../turn/remote-conversation.ts";
import { readDify } from "./dify-stream.ts";

export const difyConfigSchema = z.strictObject({
  type: z.literal("dify").describe("A chat app, agent or chatflow of Dify."),
  baseUrl: address
    .default("https://api.dify.ai/v1")
    .describe("Dify's API, up to and with `/v1`; the app's page API Access shows it."),
  apiKey: secret.describe("The app's own key, `app-…`, from its page API Access."),
  inputs: z.record(z.string(), z.json()).default({}).describe("Values of the app's variables."),
  headers,
  files: z
    .boolean()
    .default(true)
    .describe("true: what people send is uploaded for the app. false: it only hears that there was a file."),
  ...fileSizes({ usual: 15_000_000, most: 100_000_000 }),
  showReasoning,
  ...patience,
});
export type DifyAgentConfig = z.output<typeof difyConfigSchema>;

/** A chat app, agent or chatflow of Dify. It remembers the conversation itself. */
export function createDifyAgent(name: string, config: DifyAgentConfig, ports: AgentPorts): Agent {
  const exchange = exchangeFor(name, config, ports, {
    address: config.baseUrl,
    secrets: [config.apiKey],
    keys: "apiKey",
    place: "baseUrl, up to and with /v1",
  });
  return {
    capabilities: { history: true },
    respond: (turn, signal) => answer({ config, ports, exchange, turn, signal }),
  };
}

export const difyAgent: AgentType<typeof difyConfigSchema> = {
  type: "dify",
  schema: difyConfigSchema,
  create: createDifyAgent,
};

type Asked = AskedWith<DifyAgentConfig>;

async function* answer(asked: Asked): AsyncGenerator<AgentEvent> {
  const { config, ports, exchange, turn, signal } = asked;
  const conversation = await remoteConversation(ports, turn);
  const reply = await ask(asked, conversation);
  let task: string | undefined;
  try {
    let known = conversation.id;
    for await (const item of readDify(reply, exchange.failures, config)) {
      task = item.task ?? task;
      if (item.conversation !== undefined && item.conversation !== known) {
        known = item.conversation;
        await keepConversation(ports, turn, known, conversation.user);
      }
      if (item.event !== undefined) yield item.event;
    }
  } finally {
    if (signal.aborted && task !== undefined) void stop(asked, task, conversation.user);
  }
}

/** A conversation that Dify no longer has, or has for another user, is begun anew. */
async function ask(asked: Asked, conversation: RemoteConversation): Promise<Answer> {
  const { config, ports, turn, signal } = asked;
  const takes = () => config.files;
  const parts = await turnParts(
    turn,
    { ports, takes, textFileBytes: config.textFileBytes, fileBytes: config.fileBytes },
    signal,
  );
  const uploads = parts.filter((part) => part.kind === "file").map((file) => upload(asked, file, conversation.user));
  const body = {
    inputs: config.inputs,
    query: partsText(parts),
    user: conversation.user,
    response_mode: "streaming",
    files: (await Promise.all(uploads)).filter((file) => file !== undefined),
  };
  if (conversation.id === undefined) return post(asked, body);
  try {
    return await post(asked, { ...body, conversation_id: conversation.id });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    // Where the address is wrong this fails too, and nothing is forgotten.
    const reply = await post(asked, body);
    ports.log.warn({ turn: turn.id, session: turn.session }, "the agent forgot this conversation; a new one is begun");
    await forgetConversation(ports, turn);
    return reply;
  }
}

function post({ config, exchange, turn, signal }: Asked, body: object): Promise<Answer> {
  return exchange.send(
    {
      method: "POST",
      url: addressBelow(config.baseUrl, "chat-messages"),
      headers: {
        ...authorized(config),
        "content-type": "application/json",
        accept: "text/event-stream",
        "x-trace-id": turn.id,
      },
      body: JSON.stringify(body),
    },
    signal,
  );
}

const DIFY_TYPES: Readonly<Record<FilePart["as"], string>> = {
  image: "image",
  voice: "audio",
  video: "video",
  file: "document",
};

/** Undefined when Dify does not take this file: the text has named it, and the question is asked all the same. */
async function upload(
  { config, ports, exchange, turn, signal }: Asked,
  file: FilePart,
  user: string,
): Promise<object | undefined> {
  try {
    const url = addressBelow(config.baseUrl, "files/upload");
    const { contentType, body } = await encodeForm(fileForm(file, { user }));
    const sent = { ...authorized(config), "content-type": contentType };
    const reply = await exchange.send({ method: "POST", url, headers: sent, body }, signal);
    const id = textIn(fieldsOf(await reply.json())?.id);
    if (id === undefined) throw exchange.failures.garbage("an upload without giving it an id");
    return { type: DIFY_TYPES[file.as], transfer_method: "local_file", upload_file_id: id };
  } catch (error) {
    if (!(error instanceof RejectedError || isNotFound(error))) throw error;
    ports.log.warn({ turn: turn.id, media: file.media.id, err: error }, "the agent does not take a file");
    return undefined;
  }
}

function stop({ config, ports, exchange, turn }: Asked, task: string, user: string): Promise<void> {
  return tellToStop(ports, turn.id, async (signal) => {
    const url = addressBelow(config.baseUrl, `chat-messages/${encodeURIComponent(task)}/stop`);
    const sent = { ...authorized(config), "content-type": "application/json" };
    (await exchange.send({ method: "POST", url, headers: sent, body: JSON.stringify({ user }) }, signal)).discard();
  });
}

function authorized({ apiKey, headers: more }: DifyAgentConfig): Record<string, string> {
  return { ...more, authorization: `Bearer ${apiKey}` };
}
