// A gateway that starts on many stored, unanswered messages: when does the first of them reach the agent?
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startAnswered } from "./lib/answered.mjs";
import { ACCOUNT } from "./lib/callbacks.mjs";
import { newFolder } from "./lib/gateway.mjs";
import { median } from "./lib/load.mjs";
import { openParts } from "./lib/parts.mjs";
import { report } from "./lib/report.mjs";

const MESSAGES = Number(process.env.WXGATE_BENCH_MESSAGES ?? 100_000);
const PEOPLE = 1_000;
const GROUP = 500;
const ROUNDS = 3;

export async function run() {
  const cold = [];
  const first = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    cold.push(await started(0));
    first.push(await started(MESSAGES));
  }
  report(
    `first dispatch after a start with ${MESSAGES} messages waiting over a cold start`,
    median(first) / median(cold),
    {
      most: 2,
      unit: "x",
      detail: `${median(first).toFixed(0)} ms against ${median(cold).toFixed(0)} ms`,
    },
  );
}

/** Milliseconds from the start of the process until it runs or, where messages wait, until the agent has the first. */
async function started(messages) {
  const dir = newFolder();
  if (messages > 0) await fill(dir, messages);
  const { gateway, agent, stop, untilAnswered } = await startAnswered({ dir });
  if (messages === 0) {
    await stop();
    return gateway.startMs;
  }
  await untilAnswered(1);
  const { arrivals } = await agent.ask({ ask: "arrivals" });
  const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  await stop();
  return arrivals[0][1] - offset - gateway.startedAt;
}

async function fill(dir, messages) {
  mkdirSync(join(dir, "data"), { recursive: true, mode: 0o700 });
  const parts = await openParts(`sqlite:${join(dir, "data", "wxgate.db")}`);
  const inbox = parts.dispatcher.inbox("app");
  const sentAt = new Date();
  for (let next = 0; next < messages; next += GROUP) {
    const accepts = Array.from({ length: Math.min(GROUP, messages - next) }, (_, index) => {
      const peer = `member${(next + index) % PEOPLE}`;
      const from = { channel: "app", account: String(ACCOUNT.agentId), kind: "direct", peer };
      const content = [{ kind: "text", text: `waiting message ${next + index}` }];
      return inbox.accept({
        messages: [{ id: `waiting-${next + index}`, from, sender: { id: peer }, sentAt, content }],
      });
    });
    await Promise.all(accepts);
  }
  await parts.store.close();
}
