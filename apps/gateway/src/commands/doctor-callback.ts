import { readFileSync } from "node:fs";
import type { Action } from "../cli/context.ts";
import { CommandError, EXIT } from "../cli/exit-codes.ts";
import { loadConfig } from "../config/load.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { type CallbackReceiver, diagnoseCallback } from "../doctor/callback.ts";
import { reportFindings } from "../doctor/report.ts";
import { systemClock } from "../ports/clock.ts";
import { registry } from "../registry.ts";
import { pathsOf } from "../settings.ts";

/** Says why a callback of the platform is refused; exit code 1 when it is. */
export const doctorCallback: Action = async (context, _args, options) => {
  const { url, body: file } = options as { url?: string; body?: string };
  if (url === undefined)
    throw new CommandError("give the address the platform called, with its query: --url", EXIT.usage);
  const config = await loadConfig(context.configFile, context.env, registry);
  const body = file === undefined ? undefined : readBody(file);
  const sample = { url, ...(body === undefined ? {} : { body }) };
  reportFindings(context, diagnoseCallback(sample, receiversOf(config), systemClock.now()));
};

/** `-`: standard input. */
function readBody(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function receiversOf({ channels }: GatewayConfig): readonly CallbackReceiver[] {
  return Object.entries(channels).flatMap(([id, channel]) => {
    const { token, encodingAESKey, corpId, receiveId } = channel.keys;
    if (typeof token !== "string" || typeof encodingAESKey !== "string") return [];
    const isBot = channel.type === "wecom-bot-webhook";
    const receiver = isBot ? receiveId : corpId;
    return [
      {
        id,
        format: isBot ? ("json" as const) : ("xml" as const),
        paths: pathsOf(id, channel),
        token,
        encodingAESKey,
        receiveId: typeof receiver === "string" ? receiver : "",
      },
    ];
  });
}
