import type { Agent, Turn } from "@wxgate/core";
import { z } from "zod";
import type { AgentType } from "../agent-type.ts";
import { address, fileSizes, headers, patience, secret } from "../config.ts";
import type { AgentPorts } from "../ports.ts";
import { exchangeFor } from "../transport/for-agent.ts";
import { encodeForm } from "../transport/multipart.ts";
import { type FilePart, partsText, turnParts } from "../turn/parts.ts";
import { turnBody } from "../turn/turn-body.ts";
import { readN8n } from "./n8n-stream.ts";

export const n8nConfigSchema = z
  .strictObject({
    type: z.literal("n8n").describe("A workflow of n8n, behind a Chat Trigger or Webhook node."),
    url: address.describe(
      "The production address of the workflow's Chat Trigger or Webhook node; the workflow must be active.",
    ),
    username: z.string().min(1).optional().describe("For a node with Basic Auth, together with `password`."),
    password: secret.optional().describe("For a node with Basic Auth, together with `username`."),
    token: secret
      .optional()
      .describe("For a node with JWT Auth: the token, sent as bearer. Header Auth goes into `headers`."),
    headers,
    files: z
      .boolean()
      .default(false)
      .describe(
        "true: files go along in a form, for a Chat Trigger that allows file uploads. false: the workflow gets their addresses.",
      ),
    ...fileSizes({ usual: 16_000_000, most: 100_000_000 }),
    ...patience,
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    error: "`username` and `password` go together",
    path: ["password"],
  })
  .refine(({ username, token }) => username === undefined || token === undefined, {
    error: "use either `username` and `password` or `token`",
    path: ["token"],
  });
export type N8nAgentConfig = z.output<typeof n8nConfigSchema>;

/** A workflow of n8n. It remembers by `sessionId`, with whatever memory node it has. */
export function createN8nAgent(name: string, config: N8nAgentConfig, ports: AgentPorts): Agent {
  const url = new URL(config.url);
  const basic =
    config.username === undefined ? undefined : Buffer.from(`${config.username}:${config.password}`).toString("base64");
  const authorized = authorization(config.token, basic);
  const exchange = exchangeFor(name, config, ports, {
    address: config.url,
    secrets: [config.password, config.token, basic],
    keys: "username, password, token and headers",
    place: "url, and whether the workflow is active",
  });

  return {
    capabilities: { history: true },
    async *respond(turn, signal) {
      const { contentType, body } = await encodeTurn(turn, config, ports, signal);
      const answer = await exchange.send(
        {
          method: "POST",
          url,
          headers: {
            ...config.headers,
            ...authorized,
            accept: "application/json, text/plain",
            "content-type": contentType,
            "x-client-request-id": turn.id,
          },
          body,
        },
        signal,
      );
      yield* readN8n(answer, exchange);
    },
  };
}

export const n8nAgent: AgentType<typeof n8nConfigSchema> = {
  type: "n8n",
  schema: n8nConfigSchema,
  create: createN8nAgent,
};

function authorization(token: string | undefined, basic: string | undefined): Record<string, string> {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  return basic === undefined ? {} : { authorization: `Basic ${basic}` };
}

/** What a Chat Trigger reads, and beside it in `metadata` the whole turn for flows that want more. */
async function encodeTurn(turn: Turn, config: N8nAgentConfig, ports: AgentPorts, signal: AbortSignal) {
  const { textFileBytes, fileBytes } = config;
  const parts = await turnParts(turn, { ports, takes: () => config.files, textFileBytes, fileBytes }, signal);
  const said = { action: "sendMessage", sessionId: turn.session, chatInput: partsText(parts) };
  const files = parts.filter((part) => part.kind === "file");
  if (files.length === 0) {
    return { contentType: "application/json", body: JSON.stringify({ ...said, metadata: turnBody(turn) }) };
  }
  return encodeForm(formOf({ ...said, metadata: JSON.stringify(turnBody(turn)) }, files));
}

function formOf(fields: Readonly<Record<string, string>>, files: readonly FilePart[]): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const { as, media, bytes } of files) {
    form.append("files", new Blob([bytes], { type: media.mime }), media.filename ?? as);
  }
  return form;
}
