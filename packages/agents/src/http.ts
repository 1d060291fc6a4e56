import type { Agent, AgentEvent } from "@wxgate/core";
import { z } from "zod";
import type { AgentType } from "./agent-type.ts";
import { address, headers, patience, secret } from "./config.ts";
import { fieldsOf, listIn } from "./json.ts";
import { createEventReader, parseContent } from "./parse-event.ts";
import type { AgentPorts } from "./ports.ts";
import { signWebhook } from "./signature.ts";
import { type Answer, describeProblem, type Exchange } from "./transport/exchange.ts";
import type { Failures } from "./transport/failures.ts";
import { exchangeFor } from "./transport/for-agent.ts";
import { readServerEvents, type ServerEvent } from "./transport/server-events.ts";
import { turnBody } from "./turn/turn-body.ts";

export const httpConfigSchema = z.strictObject({
  type: z.literal("http").describe("One's own program behind a URL."),
  url: address.describe("Where every turn is sent to, by POST, as JSON."),
  secret: secret
    .optional()
    .describe("Signs every request as Standard Webhooks do: `whsec_` and base64, or any text. Unsigned when absent."),
  headers,
  ...patience,
});
export type HttpAgentConfig = z.output<typeof httpConfigSchema>;

/** One's own agent behind a URL: the turn as JSON in, JSON, server-sent events or text out. */
export function createHttpAgent(name: string, config: HttpAgentConfig, ports: AgentPorts): Agent {
  const url = new URL(config.url);
  const exchange = exchangeFor(name, config, ports, {
    address: config.url,
    secrets: [config.secret],
    keys: "secret and headers",
    place: "url",
    final4xx: true,
  });

  return {
    capabilities: { history: true },
    async *respond(turn, signal) {
      const body = JSON.stringify(turnBody(turn));
      const signed =
        config.secret === undefined ? {} : signWebhook(config.secret, { id: turn.id, nowMs: ports.clock.now(), body });
      const answer = await exchange.send(
        {
          method: "POST",
          url,
          headers: {
            ...config.headers,
            "content-type": "application/json",
            accept: "text/event-stream, application/json, text/plain",
            ...signed,
          },
          body,
        },
        signal,
      );
      yield* readAnswer(answer, exchange);
    },
  };
}

export const httpAgent: AgentType<typeof httpConfigSchema> = {
  type: "http",
  schema: httpConfigSchema,
  create: createHttpAgent,
};

async function* readAnswer(answer: Answer, exchange: Exchange): AsyncGenerator<AgentEvent> {
  const { failures } = exchange;
  const { status, mime } = answer;
  if (status === 204) return answer.discard();
  if (mime === "application/json" || mime.endsWith("+json")) yield* readJson(await answer.json(), failures);
  else if (mime === "text/event-stream") yield* readStream(answer, exchange);
  else if (mime === "text/plain") yield* readText(answer);
  else if (mime === "" && (await answer.text()) === "") return;
  else {
    answer.discard();
    throw failures.garbage(`${mime || "no content type"} instead of JSON, server-sent events or text/plain`);
  }
}

function* readJson(body: unknown, failures: Failures): Generator<AgentEvent> {
  const content = listIn(fieldsOf(body)?.content);
  if (content === undefined) throw failures.garbage('JSON without a list "content"');
  const parsed = content.map((part) => parseContent(part, failures.garbage));
  for (const part of parsed) yield { kind: "content", content: part };
}

async function* readStream(answer: Answer, { failures, log }: Exchange): AsyncGenerator<AgentEvent> {
  const reader = createEventReader(log, failures.garbage);
  for await (const event of readServerEvents(answer.chunks(), failures)) {
    if (event.data === "[DONE]") break;
    const value = parseData(event, failures);
    if (event.event === "error" || isError(value)) throw failures.reported(describeProblem(value) ?? "");
    const read = reader.read(value, nameOf(event));
    if (read !== undefined) yield read;
  }
  reader.end();
}

/** Servers keep a connection alive by events of their own, such as `ping`. */
function nameOf({ event }: ServerEvent): string | undefined {
  return event === "" || event === "message" ? undefined : event;
}

function parseData(serverEvent: ServerEvent, failures: Failures): unknown {
  const { data, cut } = serverEvent;
  try {
    return JSON.parse(data);
  } catch {
    if (nameOf(serverEvent) !== undefined && !cut) return data;
    throw cut ? failures.brokenOff() : failures.garbage(`an event of ${data.length} characters that are no JSON`);
  }
}

async function* readText(answer: Answer): AsyncGenerator<AgentEvent> {
  const decoder = new TextDecoder();
  for await (const chunk of answer.chunks()) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== "") yield { kind: "text-delta", text };
  }
  const rest = decoder.decode();
  if (rest !== "") yield { kind: "text-delta", text: rest };
}

function isError(value: unknown): boolean {
  const fields = fieldsOf(value);
  return fields !== undefined && fields.kind === undefined && fields.error !== undefined;
}
