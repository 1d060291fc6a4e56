import type { Agent, AgentEvent, SummaryRequest } from "@wxgate/core";
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
import type { Exchange } from "../transport/exchange.ts";
import { askModel, type ModelRequest, modelExchange } from "../transport/model-server.ts";
import type { AskedWith } from "../turn/asked.ts";
import { callTools } from "../turn/call-tool.ts";
import { filteredOut } from "../turn/filtered.ts";
import { type ChatItem, readChat } from "./chat-stream.ts";
import { type ChatMessage, chatMessages, toolRound } from "./messages.ts";

export const openAiConfigSchema = z.strictObject({
  type: z.literal("openai").describe("A model behind OpenAI's chat completions, or any compatible server."),
  ...modelServer,
  historyTokens,
  memory: memorySchema.optional().describe("What becomes of a session that grows too long for the model."),
  images,
  audio: z
    .boolean()
    .default(false)
    .describe("true: the model hears voice messages without a transcript, as WAV or MP3. Only for models that can."),
  ...fileSizes({ usual: 10_000_000, most: 50_000_000 }),
  showReasoning,
  channelGuide,
  streamUsage: z
    .boolean()
    .default(true)
    .describe("Ask for the number of tokens an answer took. false for a server that refuses `stream_options`."),
  ...toolLoop,
  ...patience,
});
export type OpenAiAgentConfig = z.output<typeof openAiConfigSchema>;

/** Any server with OpenAI's chat completions. It remembers nothing: the session's history is sent with every turn. */
export function createOpenAiAgent(name: string, config: OpenAiAgentConfig, ports: AgentPorts): Agent {
  const exchange = modelExchange(name, config, ports);
  return {
    capabilities: memoryCapabilities(config),
    respond: (turn, signal) => answer({ config, ports, exchange, turn, signal }),
    summarize: (request, signal) => summarize(config, exchange, request, signal),
  };
}

export const openAiAgent: AgentType<typeof openAiConfigSchema> = {
  type: "openai",
  schema: openAiConfigSchema,
  summarizes: true,
  create: createOpenAiAgent,
};

type Asked = AskedWith<OpenAiAgentConfig>;

async function* answer(asked: Asked): AsyncGenerator<AgentEvent> {
  const { config, ports, turn, signal } = asked;
  const tools = config.tools ? ((await ports.tools?.list(turn, signal)) ?? []) : [];
  let messages = await chatMessages(turn, { ...config, historyTokens: memoryTokens(config) }, ports, signal);
  const used = { inputTokens: 0, outputTokens: 0 };
  let spoken = false;

  for (let round = 1; ; round += 1) {
    const mayCall = round <= config.maxToolRounds;
    let text = "";
    let end: Extract<ChatItem, { kind: "end" }> | undefined;
    for await (const item of readChat(await ask(asked, messages, tools, mayCall), asked.exchange)) {
      if (item.kind === "text") {
        yield { kind: "text-delta", text: spoken && text === "" ? `\n\n${item.text}` : item.text };
        text += item.text;
      } else if (item.kind === "reasoning") {
        if (config.showReasoning) yield { kind: "reasoning-delta", text: item.text };
      } else if (item.kind === "usage") {
        used.inputTokens += item.inputTokens;
        used.outputTokens += item.outputTokens;
      } else {
        end = item;
      }
    }
    spoken ||= text !== "";
    if (end?.reason === "length") ports.log.warn({ turn: turn.id }, "the model's answer was cut short at its longest");
    if (end?.reason === "content_filter" && !spoken) throw filteredOut(turn);
    const calls = end?.toolCalls ?? [];
    if (calls.length === 0 || tools.length === 0 || !mayCall) break;
    const results = yield* callTools(ports, turn, calls, signal);
    messages = [...messages, ...toolRound(text, calls, results)];
  }
  if (used.inputTokens + used.outputTokens > 0) yield { kind: "usage", ...used };
}

async function summarize(
  config: OpenAiAgentConfig,
  exchange: Exchange,
  request: SummaryRequest,
  signal: AbortSignal,
): Promise<string> {
  const messages: readonly ChatMessage[] = [
    { role: "system", content: summaryInstructions(request) },
    { role: "user", content: summaryMaterial(request) },
  ];
  const asked = { config, exchange, turn: request, signal };
  let text = "";
  let reason = "";
  for await (const item of readChat(await ask(asked, messages, [], true), exchange)) {
    if (item.kind === "text") text += item.text;
    else if (item.kind === "end") reason = item.reason;
  }
  return reason === "content_filter" ? "" : text;
}

function ask(
  asked: ModelRequest<OpenAiAgentConfig>,
  messages: readonly ChatMessage[],
  tools: readonly AgentTool[],
  mayCall: boolean,
) {
  const { config } = asked;
  const body = {
    model: config.model,
    messages,
    stream: true,
    ...(config.streamUsage ? { stream_options: { include_usage: true } } : {}),
    ...(tools.length === 0 ? {} : { tools: tools.map((tool) => ({ type: "function", function: tool })) }),
    ...(mayCall ? {} : { tool_choice: "none" }),
    ...config.extraBody,
  };
  return askModel(asked, "chat/completions", body);
}
