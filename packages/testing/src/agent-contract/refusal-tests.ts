import { inspect } from "node:util";
import { AuthenticationError, type ChannelError, RejectedError, TransientError } from "@wxgate/core";
import { expect } from "vitest";
import { collectAnswer, sampleTurn } from "../agent-turn.ts";
import type { BackendScript } from "./options.ts";
import { type ContractTest, never, SECRET, type World } from "./world.ts";

/** The back-end refuses: who must act, and that no secret is told. */
export const refusalTests: readonly ContractTest[] = [
  {
    plays: "status",
    title: "waits as long as the back-end asks for",
    async run({ start }) {
      const { agent } = await start(status(429, { "retry-after": "120" }));

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(TransientError);
      const { until } = error as TransientError;
      const waitMs = typeof until === "string" ? 0 : (until.at?.getTime() ?? 0) - Date.now();
      expect(waitMs).toBeGreaterThan(110_000);
      expect(waitMs).toBeLessThan(130_000);
    },
  },
  ...[500, 502, 503].map((code) => ({
    plays: "status" as const,
    title: `asks to be tried again after status ${code}`,
    async run({ start }: World) {
      const { agent } = await start(status(code));

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(TransientError);
    },
  })),
  {
    plays: "status",
    title: "gives up on what the back-end calls wrong",
    async run({ start }) {
      const { agent } = await start(status(422));

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(RejectedError);
    },
  },
  ...[401, 403].map((code) => ({
    plays: "status" as const,
    title: `tells the operator which key to check after status ${code}`,
    async run({ start, options }: World) {
      const { agent } = await start(status(code));

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(options.refusalIsFinal === true ? RejectedError : AuthenticationError);
      expect((error as ChannelError).hint).toMatch(/^Check /);
    },
  })),
  {
    plays: "status",
    title: "tells the operator which address to check after status 404",
    async run({ start, options }) {
      const { agent } = await start(status(404));

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(options.refusalIsFinal === true ? RejectedError : AuthenticationError);
      expect((error as ChannelError).hint).toMatch(/^Check .* https?:/);
      expect((error as ChannelError).hint).not.toContain(SECRET);
    },
  },
  {
    plays: "status",
    title: "names no secret in an error or a log line, whatever the back-end says",
    async run({ start, logged }) {
      const scripts: BackendScript[] = [
        status(400),
        status(401),
        status(500),
        { kind: "fail", text: "", problem: `worker died, key ${SECRET}` },
        { kind: "garbage" },
        { kind: "break", text: "" },
      ];

      for (const script of scripts) {
        const { agent } = await start(script);
        const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

        expect(error, script.kind).toBeInstanceOf(Error);
        expect(inspect(error, { depth: 12, showHidden: true }), script.kind).not.toContain(SECRET);
      }
      expect(logged.join("\n")).not.toContain(SECRET);
    },
  },
];

function status(code: number, headers: Readonly<Record<string, string>> = {}): BackendScript {
  const body = JSON.stringify({ error: { message: `refused, you sent ${SECRET}` } });
  return { kind: "status", status: code, headers, body };
}
