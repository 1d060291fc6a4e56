import { type Agent, type Channel, type Store, TrackedResponse } from "@wxgate/core";
import { wrap } from "./observe/traces.ts";

/*
 * For tests of what survives: `WXGATE_CRASH_AT=name` or `name:n` kills the process with SIGKILL at the n-th passing of that
 * point. Unset, nothing is wrapped.
 */
export const CRASH_POINTS = [
  "before-accept",
  "after-accept",
  "after-claim",
  "mid-agent",
  "before-complete-turn",
  "after-complete-turn",
  "before-answer",
  "before-send",
  "after-send",
  "before-complete-delivery",
] as const;
type CrashPoint = (typeof CRASH_POINTS)[number];

export interface CrashPoints {
  store(store: Store): Store;
  channel(channel: Channel): Channel;
  agent(agent: Agent): Agent;
}

const NONE: CrashPoints = { store: (store) => store, channel: (channel) => channel, agent: (agent) => agent };

/** @throws Error for a point that does not exist. */
export function createCrashPoints(setting: string | undefined, kill: () => void): CrashPoints {
  if (setting === undefined || setting === "") return NONE;
  const [name, times = "1"] = setting.split(":");
  if (!CRASH_POINTS.includes(name as CrashPoint) || !/^[1-9]\d*$/.test(times)) {
    throw new Error(`WXGATE_CRASH_AT names no crash point; the points are ${CRASH_POINTS.join(", ")}`);
  }
  let left = Number(times);
  const pass = (point: CrashPoint) => {
    if (point === name && --left === 0) kill();
  };

  return {
    store: (store) => decorateStore(store, pass),
    channel: (channel) =>
      wrap(channel, {
        ...(channel.webhook && {
          async webhook(request: Request, next?: () => Promise<Response>) {
            const response = (await channel.webhook?.(request, next)) as Response;
            if (response instanceof TrackedResponse) pass("before-answer");
            return response;
          },
        }),
        async send(message, signal) {
          pass("before-send");
          const receipt = await channel.send(message, signal);
          pass("after-send");
          return receipt;
        },
      }),
    agent: (agent) => ({
      ...(agent.capabilities && { capabilities: agent.capabilities }),
      ...(agent.summarize && { summarize: agent.summarize.bind(agent) }),
      close: async () => agent.close?.(),
      async *respond(turn, signal) {
        for await (const event of agent.respond(turn, signal)) {
          pass("mid-agent");
          yield event;
        }
      },
    }),
  };
}

function decorateStore(store: Store, pass: (point: CrashPoint) => void): Store {
  const replaced: Partial<Store> = {
    async accept(batch) {
      const counts = batch.messages.length > 0;
      if (counts) pass("before-accept");
      const accepted = await store.accept(batch);
      if (counts) pass("after-accept");
      return accepted;
    },
    async claimTurns(options) {
      const claimed = await store.claimTurns(options);
      if (claimed.length > 0) pass("after-claim");
      return claimed;
    },
    async completeTurn(claim, result) {
      pass("before-complete-turn");
      await store.completeTurn(claim, result);
      pass("after-complete-turn");
    },
    async completeDelivery(claim, receipt) {
      pass("before-complete-delivery");
      await store.completeDelivery(claim, receipt);
    },
  };
  return Object.assign(Object.create(store) as Store, replaced);
}
