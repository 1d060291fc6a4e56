import { z } from "zod";
import { parseControl } from "../control/errors.ts";
import type { JsonObject } from "../json.ts";
import type { ControlVerb } from "../platform.ts";
import type { McpServers } from "./servers.ts";

const accountSchema = z.object({ account: z.string() });
const answerSchema = accountSchema.extend({ method: z.string(), answer: z.record(z.string(), z.json()) });
const ANSWER_BODY = "{ account, method, answer: { errcode, … } }";

/** @param requireBot throws when there is no such bot */
export function createMcpVerbs(
  mcp: Pick<McpServers, "answer" | "calls">,
  requireBot: (id: string) => void,
): Readonly<Record<string, ControlVerb>> {
  return {
    mcp: {
      summary: "What a method of the bot's tools answers from now on.",
      body: ANSWER_BODY,
      run(body) {
        const { account, method, answer } = parseControl(answerSchema, body, `Body: ${ANSWER_BODY}`);
        requireBot(account);
        mcp.answer(account, method, answer as JsonObject);
        return { method };
      },
    },
    "mcp-calls": {
      summary: "Every request to the bot's tools, with its headers.",
      body: "{ account }",
      run(body) {
        const { account } = parseControl(accountSchema, body, "Body: { account }");
        requireBot(account);
        return { calls: mcp.calls(account) };
      },
    },
  };
}
