import { type Agent, type AgentEvent, RejectedError, type SummaryRequest } from "@wxgate/core";
import { z } from "zod";
import type { AgentType } from "../agent-type.ts";
import {
  channelGuide,
  fileSizes,
  historyTokens,
  images,
  modelServer,
  patience,
  showReasoning,
  toolLoop,
} from "../config.ts";
import { memoryCapabilities, memorySchema, memoryTokens, summaryInstructions, summaryMaterial } from "../memory.ts";
import type { AgentPorts, AgentTool } from "../ports.ts";
import type { Answer, Exchange } from "../transport/exchange.ts";
import { isNotFound } from "../transport/failures.ts";
import { askModel, type ModelRequest, modelExchange } from "../transport/model-server.ts";
import type { AskedWith } from "../turn/asked.ts";
import { callTools } from "../turn/call-tool.ts";
import { filteredOut } from "../turn/filtered.ts";
import { forgetConversation, keepConversation, remoteConversation } from "../turn/remote-conversation.ts";
import { historyItems, instructions, userItem } from "./input.ts";
import { type ResponseItem, readResponse } from "./read-response.ts";

export const openAiResponsesConfigSchema = z.strictObject({
  type: z.literal("openai-responses").describe("A model behind OpenAI's responses, or a compatible server."),
  ...modelServer,
  memory: z
    .union([z.boolean(), memorySchema])
    .default(false)
    .describe(
      "true: the server remembers, by previous_response_id. Otherwise what was said is sent with every turn; a mapping says what becomes of a session that grows too long.",
    ),
  historyTokens,
  images,
  documents: z
    .boolean()
    .default(true)
    .describe("true: the model reads PDF and other documents people send. false: it only hears of them."),
  ...fileSizes({ usual: 10_000_000, most: 50_000_000 }),
  showReasoning,
  channelGuide,
  ...toolLoop,
  ...patience,
});
export type OpenAiResponsesAgentConfig = z.output<typeof openAiResponsesConfigSchema>;

/** Any server with OpenAI's responses. */
export function createOpenAiResponsesAgent(name: string, config: OpenAiResponsesAgentConfig, ports: AgentPorts): Agent {
  const exchange = modelExchange(name, config, ports);
  return {
    capabilities: memoryCapabilities(config),
    respond: (turn, signal) => answer({ config, ports, exchange, turn, signal }),
    summarize: (request, signal) => summarize(config, exchange, request, signal),
  };
}

export const openAiResponsesAgent: AgentType<typeof openAiResponsesConfigSchema> = {
  type: "openai-responses",
  schema: openAiResponsesConfigSchema,
  summarizes: true,
  create: createOpenAiResponsesAgent,
};

type Asked = AskedWith<OpenAiResponsesAgentConfig>;

interface Request {
  readonly input: readonly object[];
  /** The response this one goes on from. */
  readonly previous?: string;
  readonly tools: readonly AgentTool[];
  readonly mayCall: boolean;
}

async function* answer(asked: Asked): AsyncGenerator<AgentEvent> {
  const { config, ports, exchange, turn, signal } = asked;
  const tools = config.tools ? ((await ports.tools?.list(turn, signal)) ?? []) : [];
  const remembers = config.memory === true;
  const { id: known, user } = remembers ? await remoteConversation(ports, turn) : { id: undefined, user: "" };
  const now = await userItem(turn, config, ports, signal);
  let request: Request = {
    input: [...historyItems(turn, memoryTokens(config)), now],
    previous: known,
    tools,
    mayCall: true,
  };
  let reply = await first(asked, request);
  let spoken = false;

  for (let round = 1; ; round += 1) {
    let end: Extract<ResponseItem, { kind: "end" }> | undefined;
    let text = "";
    for await (const item of readResponse(reply, exchange.failures)) {
      if (item.kind === "text") {
        yield { kind: "text-delta", text: spoken && text === "" ? `\n\n${item.text}` : item.text };
        text += item.text;
      } else if (item.kind === "reasoning") {
        if (config.showReasoning) yield { kind: "reasoning-delta", text: item.text };
      } else if (item.kind === "event") yield item.event;
      else end = item;
    }
    if (end === undefined) throw exchange.failures.brokenOff();
    spoken ||= text !== "";
    if (end.incomplete === "content_filter" && !spoken) throw filteredOut(turn);
    if (end.incomplete !== undefined) ports.log.warn({ turn: turn.id }, "the model's answer was cut short");
    if (remembers && end.id !== undefined) await keepConversation(ports, turn, end.id, user);
    if (end.calls.length === 0 || tools.length === 0 || !request.mayCall) return;
    const results = yield* callTools(ports, turn, end.calls, signal);
    const outputs = end.calls.map(({ id }, at) => ({ type: "function_call_output", call_id: id, output: results[at] }));
    request = {
      input: remembers ? outputs : [...request.input, ...end.output, ...outputs],
      previous: remembers ? end.id : undefined,
      tools,
      mayCall: round < config.maxToolRounds,
    };
    reply = await post(asked, request);
  }
}

/** A response that the server no longer has is done without. */
async function first(asked: Asked, request: Request): Promise<Answer> {
  try {
    return await post(asked, request);
  } catch (error) {
    if (request.previous === undefined || !mayBeForgotten(error)) throw error;
    const { ports, turn } = asked;
    // Where the address or the model is wrong this fails too, and nothing is forgotten.
    const reply = await post(asked, { ...request, previous: undefined });
    ports.log.warn({ turn: turn.id, session: turn.session }, "the agent forgot this conversation; a new one is begun");
    await forgetConversation(ports, turn);
    return reply;
  }
}

/** Servers answer 404, or 400 with words about `previous_response_id`. */
function mayBeForgotten(error: unknown): boolean {
  return isNotFound(error) || (error instanceof RejectedError && /previous.?response/i.test(error.message));
}

async function summarize(
  config: OpenAiResponsesAgentConfig,
  exchange: Exchange,
  request: SummaryRequest,
  signal: AbortSignal,
): Promise<string> {
  const asked = { config: { ...config, memory: false }, exchange, turn: request, signal };
  const input = [{ role: "user", content: summaryMaterial(request) }];
  const answer = await post(asked, { input, tools: [], mayCall: true }, summaryInstructions(request));
  let text = "";
  let isFiltered = false;
  for await (const item of readResponse(answer, exchange.failures)) {
    if (item.kind === "text") text += item.text;
    else if (item.kind === "end") isFiltered = item.incomplete === "content_filter";
  }
  return isFiltered ? "" : text;
}

function post(
  asked: ModelRequest<OpenAiResponsesAgentConfig>,
  { input, previous, tools, mayCall }: Request,
  told = instructions(asked.config),
): Promise<Answer> {
  const { config } = asked;
  const store = config.memory === true;
  const body = {
    model: config.model,
    ...(told === "" ? {} : { instructions: told }),
    input,
    stream: true,
    store,
    ...(previous === undefined ? {} : { previous_response_id: previous }),
    ...(tools.length === 0 ? {} : { tools: tools.map((tool) => ({ type: "function", strict: false, ...tool })) }),
    // What a model thought before its call must come back with the call, and is not stored for us.
    ...(tools.length === 0 || store ? {} : { include: ["reasoning.encrypted_content"] }),
    ...(mayCall ? {} : { tool_choice: "none" }),
    ...config.extraBody,
  };
  return askModel(asked, "responses", body);
}
