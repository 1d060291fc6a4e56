import closeWithGrace from "close-with-grace";
import type { Action, CommandContext } from "../cli/context.ts";
import { isDemo } from "../cli/context.ts";
import { CommandError } from "../cli/exit-codes.ts";
import { loadConfig } from "../config/load.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { DEMO_CHANNEL, type Demo, startDemo } from "../demo.ts";
import { createLogBook, type LogBook } from "../observe/log-book.ts";
import { prettyLine } from "../observe/pretty.ts";
import { warningsOf } from "../observe/warnings.ts";
import { createLogger, type RootLogger } from "../ports/logger.ts";
import { tuneHeap } from "../public/heap.ts";
import { registry } from "../registry.ts";
import { type Gateway, startGateway } from "../runtime.ts";
import { pathsOf } from "../settings.ts";
import { version } from "../version.ts";

/** Longer than turns may go on, shorter than most supervisors wait before they kill. */
const CLOSE_LIMIT_MS = 9_500;

/** Runs the gateway until it is told to stop; without a configuration file, as a demonstration. */
export const start: Action = async (context) => {
  tuneHeap();
  const demo = isDemo(context) ? await startDemo(context.env, registry) : undefined;
  const readConfig = async () => demo?.config ?? loadConfig(context.configFile, context.env, registry);
  const config = await readConfig();
  const { log, logs } = openLog(config);
  const gateway = await startGateway({
    config,
    readConfig,
    registry,
    env: context.env,
    log,
    logs,
    anyPort: demo !== undefined,
    kill,
  }).catch(async (error: unknown) => {
    await demo?.simulator.close();
    throw error;
  });
  // The platform checks the address, so the gateway must answer already.
  await demo?.connect(gateway.publicUrl);

  if (demo) announceDemo(context, gateway, demo);
  else announce(context, gateway, config);
  runUntilSignal(gateway, demo, log);
};

function openLog(config: GatewayConfig): { log: RootLogger; logs: LogBook } {
  const { isTTY } = process.stderr;
  const logs = createLogBook((line) => process.stderr.write(isTTY ? prettyLine(line, true) : line));
  return { log: createLogger(config.log.level, logs), logs };
}

function announce(context: CommandContext, gateway: Gateway, config: GatewayConfig): void {
  const { publicUrl, adminUrl, token } = gateway;
  const isGenerated = config.admin.token === undefined;
  context.say(`wxgate ${version} runs.`);
  context.say(`  callbacks  ${publicUrl}${firstPathOf(config)}`);
  context.say(`  admin      ${adminUrl}`);
  if (isGenerated) context.say(`  token      ${token}`);
  for (const warning of warningsOf(config)) context.say(`Note: ${warning}`);
  if (Object.keys(config.channels).length === 0) context.say("Note: no channel is configured, so nobody can write.");
  context.emit({
    event: "started",
    version,
    publicUrl,
    adminUrl,
    ...(isGenerated && { token }),
    warnings: warningsOf(config),
  });
}

function announceDemo(context: CommandContext, gateway: Gateway, { simulator, config }: Demo): void {
  const { publicUrl, adminUrl, token } = gateway;
  const { playground } = simulator.describe();
  context.say(
    `wxgate ${version}: a demonstration with simulated WeChat and WeCom and an echo agent. Open this page and write:`,
  );
  context.say("");
  context.say(`  ${playground}`);
  context.say("");
  context.say(`  admin  ${adminUrl}   token ${token}`);
  context.say("  data   ./data");
  context.say("In earnest: write a wxgate.yaml here and start again.");
  context.emit({
    event: "started",
    demo: true,
    version,
    publicUrl,
    adminUrl,
    token,
    playground,
    channel: DEMO_CHANNEL,
    channels: Object.keys(config.channels),
  });
}

function firstPathOf({ channels }: GatewayConfig): string {
  const [id, entry] = Object.entries(channels)[0] ?? [];
  return id !== undefined && entry ? (pathsOf(id, entry)[0] ?? "") : "";
}

/** SIGHUP reloads; SIGTERM and SIGINT end in order; a second one ends at once. */
function runUntilSignal(gateway: Gateway, demo: Demo | undefined, log: RootLogger): void {
  process.on("SIGHUP", () => void gateway.reload());
  closeWithGrace(
    {
      delay: CLOSE_LIMIT_MS,
      skip: ["SIGHUP"],
      logger: false,
      onTimeout: (delay) =>
        log.error({ delayMs: delay }, "could not end in time; what was under way is taken up at the next start"),
      onSecondSignal: (signal) => log.warn({ signal }, "second signal, ending at once"),
    },
    async ({ err, signal }) => {
      if (err) log.error({ err }, "unexpected error, ending");
      else log.info({ signal }, "stopping");
      await gateway.stop();
      await demo?.simulator.close();
      log.info({}, "stopped");
    },
  );
}

function kill(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal may need a moment to arrive; nothing may be done in it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new CommandError("the process could not be killed");
}
