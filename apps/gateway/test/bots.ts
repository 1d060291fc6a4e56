import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Simulator } from "@wxgate/simulator";
import { type GatewayUnderTest, type Json, waitFor } from "./harness.ts";

/*
 * The simulator's AI bots, one on each way of connecting, and the app of the same enterprise.
 */

export const LONG_BOT = "aibSimBot0000000000000001";
export const HOOK_BOT = "aibSimHook000000000000001";
export const APP = "1000002";

function accountOf(sim: Simulator, id: string): Json {
  const account = sim.accounts().find((one) => one.account === id);
  if (!account) throw new Error(`the simulator does not hold ${id}`);
  return account as unknown as Json;
}

export function botChannel(sim: Simulator, more: Json = {}): Json {
  const { secret, url } = accountOf(sim, LONG_BOT);
  return { type: "wecom-bot-ws", botId: LONG_BOT, secret, url, ...more };
}

export function hookChannel(sim: Simulator, more: Json = {}): Json {
  const { token, encodingAESKey, apiBaseUrl } = accountOf(sim, HOOK_BOT);
  return { type: "wecom-bot-webhook", botId: HOOK_BOT, token, encodingAESKey, apiBaseUrl, ...more };
}

export function appChannel(sim: Simulator, more: Json = {}, id = APP): Json {
  const { corpId, secret, agentId, token, encodingAESKey } = accountOf(sim, id);
  return { type: "wecom-agent-xml", corpId, secret, agentId, token, encodingAESKey, apiBaseUrl: sim.url, ...more };
}

/** The bot's long connection stands. */
export async function connected({ sim }: Pick<GatewayUnderTest, "sim">): Promise<void> {
  await waitFor(() => sim.screen({ account: LONG_BOT, user: "nobody" }).chat.state === 0);
}

/** The address of the callback bot's channel, which must be called `hook`, is saved with the platform. */
export async function saved({ sim, publicUrl }: Pick<GatewayUnderTest, "sim" | "publicUrl">): Promise<void> {
  const answer = await sim.registerCallback(HOOK_BOT, `${publicUrl}/webhooks/hook`);
  if (!answer.ok) throw new Error("the address was not accepted");
}

/** For an agent's file: `await told()` ends when the test calls `tell`. */
export const WAITS_TO_BE_TOLD = `
  import { existsSync } from "node:fs";
  async function told() {
    while (!existsSync(new URL("./told.txt", import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 20));
  }`;

export function tell({ dir }: Pick<GatewayUnderTest, "dir">): void {
  writeFileSync(join(dir, "told.txt"), "");
}

/** What one person's phone shows of an account. */
export function phoneOf({ sim }: Pick<GatewayUnderTest, "sim">, account: string, user: string, group?: string) {
  const items = () => sim.screen({ account, user, ...(group === undefined ? {} : { group }) }).items;
  const answers = () => items().filter(({ direction }) => direction === "outbound");
  return {
    items,
    answers,
    finished: () => answers().filter((item) => item.finished),
    texts: () => answers().map(({ text }) => text),
  };
}
