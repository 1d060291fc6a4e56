import { agentContract } from "@wxgate/testing";
import { play, startBackend, type WireFormat } from "../fixtures/backend-server.ts";
import { testPorts } from "../fixtures/ports.ts";
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

agentContract("openai", {
  async start(script, { log, secret }) {
    const server = await startBackend((_, response) => play(script, WIRE, response));
    const config = openAiConfigSchema.parse({
      type: "openai",
      baseUrl: `${server.url}/v1?api-version=${secret}`,
      apiKey: secret,
      model: "m",
    });
    return {
      agent: createOpenAiAgent("assistant", config, testPorts({ log })),
      requests: () => server.requests,
      close: server.close,
    };
  },
  turnIdIn: ({ headers }) => headers["x-client-request-id"],
});
