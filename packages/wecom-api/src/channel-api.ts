import type { ChannelPorts } from "@wxgate/core";
import { createWecomApi, type WecomApi, type WecomApiOptions } from "./api.ts";
import { createStateTokenStore } from "./state-token-store.ts";

/** The client of a channel: its ports, and its access token shared with the other gateways by the channel's state. */
export function createChannelWecomApi(
  options: Pick<WecomApiOptions, "corpId" | "secret" | "apiBaseUrl" | "errcodes">,
  ports: Pick<ChannelPorts, "fetch" | "clock" | "random" | "log" | "state">,
): WecomApi {
  const { fetch, clock, random, log, state } = ports;
  const tokenStore = createStateTokenStore(state, random, () => clock.now());
  return createWecomApi({ ...options, fetch, clock, random, log, tokenStore });
}
