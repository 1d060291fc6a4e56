import type { AgentEvent, Channel, ClaimedTurn, OutboundContent, Store } from "@wxgate/core";

/** Sends that are left for the answer itself and a sentence under it. */
const KEPT_FOR_ANSWER = 2;

interface ToolProgressOptions {
  readonly channel: Channel;
  readonly turn: Pick<ClaimedTurn, "id" | "conversation">;
  readonly store: Pick<Store, "quota">;
  sendNow(content: OutboundContent): Promise<void>;
}

/** Sends a line for each step of a tool, where the channel has such lines and enough sends are left. */
export function createToolProgress({ channel, turn, store, sendNow }: ToolProgressOptions) {
  if (channel.toolProgress === undefined) return {};
  const running = new Map<string, string>();
  let calls = 0;

  async function isAffordable(): Promise<boolean> {
    const most = channel.reply?.sendsPerInbound;
    if (most === undefined) return true;
    const { sendsSinceInbound, waiting } = await store.quota(turn.conversation);
    return most - sendsSinceInbound - waiting > KEPT_FOR_ANSWER;
  }

  /** The end of a call has the id of its start. */
  function callIdOf({ name, state }: { name: string; state: string }): string {
    const started = running.get(name);
    if (state !== "started" && started !== undefined) {
      running.delete(name);
      return started;
    }
    calls += 1;
    const id = `${turn.id}-${calls}`;
    if (state === "started") running.set(name, id);
    return id;
  }

  return {
    async showTool(event: Extract<AgentEvent, { kind: "tool" }>): Promise<void> {
      const line = channel.toolProgress?.(event, callIdOf(event));
      if (line !== undefined && (await isAffordable())) await sendNow(line);
    },
  };
}
