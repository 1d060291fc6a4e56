import type { Agent, AgentEvent, Turn } from "@wxgate/core";
import { z } from "zod";
import type { AgentType } from "../agent-type.ts";
import {
  address,
  addressBelow,
  channelGuide,
  fileSizes,
  headers,
  images,
  patience,
  secret,
  showReasoning,
} from "../config.ts";
import { readChat } from "../openai/chat-stream.ts";
import { chatMessages } from "../openai/messages.ts";
import type { AgentPorts } from "../ports.ts";
import { exchangeFor } from "../transport/for-agent.ts";
import { filteredOut } from "../turn/filtered.ts";
import { createMediaLines } from "./media-lines.ts";

export const openClawConfigSchema = z.strictObject({
  type: z.literal("openclaw").describe("An agent of an OpenClaw gateway, over HTTP."),
  baseUrl: address
    .default("http://127.0.0.1:18789")
    .describe("The OpenClaw gateway's HTTP address, without `/v1`; its chat completions must be switched on there."),
  token: secret.optional().describe("The OpenClaw gateway's token or password. It has an operator's rights there."),
  agentId: z
    .string()
    .regex(/^[\w.-]+$/, "may hold letters, digits, dot, dash and underscore")
    .default("main")
    .describe("Which agent of the OpenClaw gateway answers."),
  headers,
  images,
  ...fileSizes({ usual: 10_000_000, most: 50_000_000 }),
  showReasoning,
  channelGuide,
  ...patience,
});
export type OpenClawAgentConfig = z.output<typeof openClawConfigSchema>;

/** An agent of an OpenClaw gateway. It remembers by the session key, which is the session's id. */
export function createOpenClawAgent(name: string, config: OpenClawAgentConfig, ports: AgentPorts): Agent {
  const exchange = exchangeFor(name, config, ports, {
    address: config.baseUrl,
    secrets: [config.token],
    keys: "token",
    place: "baseUrl, and whether the gateway's chat completions are switched on",
  });

  return {
    capabilities: { history: true },
    async *respond(turn, signal) {
      const body = {
        model: `openclaw:${config.agentId}`,
        messages: await chatMessages(turn, { ...config, audio: false, tools: false, historyTokens: 0 }, ports, signal),
        user: turn.session,
        stream: true,
        stream_options: { include_usage: true },
      };
      const request = {
        method: "POST" as const,
        url: addressBelow(config.baseUrl, "v1/chat/completions"),
        headers: requestHeaders(config, turn),
        body: JSON.stringify(body),
      };
      const lines = createMediaLines();
      let silent = true;
      for await (const item of readChat(await exchange.send(request, signal), exchange)) {
        const events: readonly AgentEvent[] =
          item.kind === "text" ? lines.feed(item.text) : item.kind === "end" ? lines.end() : asideEvents(item, config);
        silent &&= events.every(({ kind }) => kind !== "text-delta" && kind !== "content");
        yield* events;
        if (item.kind === "end" && item.reason === "content_filter" && silent) throw filteredOut(turn);
      }
    },
  };
}

export const openClawAgent: AgentType<typeof openClawConfigSchema> = {
  type: "openclaw",
  schema: openClawConfigSchema,
  create: createOpenClawAgent,
};

function asideEvents(
  item: { readonly kind: "reasoning"; readonly text: string } | Extract<AgentEvent, { kind: "usage" }>,
  { showReasoning }: OpenClawAgentConfig,
): readonly AgentEvent[] {
  if (item.kind === "usage") return [item];
  return showReasoning ? [{ kind: "reasoning-delta", text: item.text }] : [];
}

function requestHeaders({ token, agentId, headers: more }: OpenClawAgentConfig, turn: Turn): Record<string, string> {
  return {
    accept: "text/event-stream, application/json",
    ...more,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    "content-type": "application/json",
    "x-openclaw-agent-id": agentId,
    "x-openclaw-session-key": `wxgate:${turn.session}`,
    "x-client-request-id": turn.id,
  };
}
