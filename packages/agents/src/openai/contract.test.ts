import { backendContract } from "../fixtures/backend-contract.ts";
import type { WireFormat } from "../fixtures/backend-server.ts";
import { createOpenAiAgent, openAiConfigSchema } from "./openai.ts";

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta: object, finish_reason: string | null = null) =>
  data({ id: "c1", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] });
const END = `${chunk({}, "stop")}data: [DONE]\n\n`;

const WIRE: WireFormat = {
  contentType: "text/event-stream",
  say: (text) => chunk({ role: "assistant", content: "" }) + chunk({ content: text }),
  end: END,
  fail: (message) => data({ error: { message, type: "server_error", code: 502 } }),
  garbage: data({ hello: "world" }),
  unknown: `event: ping\ndata: {"type":"ping"}\n\n${data({ object: "chat.completion.notice", text: "hey" })}`,
};

backendContract("openai", WIRE, {
  create: ({ url, secret, limits, ports }) =>
    createOpenAiAgent(
      "assistant",
      openAiConfigSchema.parse({
        type: "openai",
        baseUrl: `${url}/v1?api-version=${secret}`,
        apiKey: secret,
        model: "m",
        ...limits,
      }),
      ports,
    ),
  turnIdIn: ({ headers }) => headers["x-client-request-id"],
});
