import type { ChannelPorts } from "@wxgate/core";
import { createIlinkApi } from "./api.ts";
import { type IlinkOptions, parseConfig } from "./config.ts";

/**
 * Asks the platform for a code to sign in with, which nobody will scan: whether it can be reached from here and answers as
 * iLink does.
 *
 * @throws ChannelError with cause and cure when it does not; the signal's reason
 */
export async function checkIlinkPlatform(
  options: IlinkOptions,
  ports: Pick<ChannelPorts, "fetch" | "clock" | "random">,
  signal: AbortSignal,
): Promise<void> {
  const config = parseConfig("check", options);
  await createIlinkApi({ ...config, ...ports }).getQrCode(config.baseUrl, [], signal);
}
