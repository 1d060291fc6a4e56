import { existsSync, statSync } from "node:fs";
import { createHttpClient } from "@wxgate/http-client";
import { connect } from "../cli/admin-client.ts";
import type { Action, CommandContext } from "../cli/context.ts";
import { isDemo } from "../cli/context.ts";
import { CommandError, EXIT } from "../cli/exit-codes.ts";
import { loadConfig } from "../config/load.ts";
import { ConfigError, formatProblem } from "../config/problems.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { dataFolderOf, keyFileOf } from "../data-folder.ts";
import { type Finding, note, ok, wrong } from "../doctor/finding.ts";
import { type QuotaLine, quotaFindings } from "../doctor/quota.ts";
import { reportFindings } from "../doctor/report.ts";
import { clockFinding, diskFinding, ownerFindings, storeFindings } from "../doctor/surroundings.ts";
import { openDoors } from "../observe/open-doors.ts";
import { systemClock } from "../ports/clock.ts";
import { openFolder } from "../ports/folder.ts";
import type { CallbackTimes } from "../public/callback-book.ts";
import { registry } from "../registry.ts";
import { commonKeys } from "../settings.ts";

/** Looks at everything that commonly goes wrong and says what to do; exit code 1 when something is wrong. */
export const doctor: Action = async (context) => {
  const findings: Finding[] = [nodeVersion()];
  const config = await readConfig(context, findings);
  if (config) {
    findings.push(...folders(config), ...openDoors(config).map((message) => note("open doors", message)));
    findings.push(
      await diskFinding(dataFolderOf(config)),
      ...(await storeFindings(config.store)),
      ...ownerFindings(config.channels),
      ...(await clocks(config, context)),
    );
  }
  findings.push(...(await runningGateway(context)));

  reportFindings(context, findings);
};

const OLDEST_NODE = [20, 19] as const;

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  const message = `Node ${process.versions.node}`;
  return isOld
    ? wrong("Node", `${message} is too old; install ${OLDEST_NODE.join(".")} or newer`)
    : ok("Node", message);
}

async function readConfig(context: CommandContext, findings: Finding[]): Promise<GatewayConfig | undefined> {
  if (isDemo(context)) {
    findings.push(note("configuration", `there is no ${context.configFile}; start runs a demonstration`));
    return undefined;
  }
  try {
    const config = await loadConfig(context.configFile, context.env, registry);
    findings.push(ok("configuration", `${context.configFile} is right`));
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.push(...error.problems.map((problem) => wrong("configuration", formatProblem(problem))));
    return undefined;
  }
}

const CLOCK_TIMEOUT_MS = 5_000;

/** Each platform is asked once, the way its channel calls it. */
async function clocks({ channels }: GatewayConfig, { env }: CommandContext): Promise<readonly Finding[]> {
  const origins = new Map<string, string | undefined>();
  for (const entry of Object.values(channels)) {
    const { enabled, egressProxyUrl } = commonKeys(entry);
    const address = entry.keys.apiBaseUrl ?? entry.keys.baseUrl ?? entry.keys.url;
    if (enabled && typeof address === "string") origins.set(new URL(address).origin, egressProxyUrl);
  }
  return Promise.all(
    [...origins].map(async ([origin, egressProxyUrl]) => {
      const http = createHttpClient({ env, egressProxyUrl, network: { timeoutMs: CLOCK_TIMEOUT_MS, retries: 0 } });
      try {
        return await clockFinding(origin, http.fetch, systemClock.now, AbortSignal.timeout(CLOCK_TIMEOUT_MS));
      } finally {
        await http.close();
      }
    }),
  );
}

function folders(config: GatewayConfig): readonly Finding[] {
  const data = dataFolderOf(config);
  const findings = [data, config.media.dir].map((folder) => writable(folder));
  const key = keyFileOf(data);
  if (!existsSync(key)) return findings;
  const isPrivate = (statSync(key).mode & 0o077) === 0;
  const keyFinding = isPrivate
    ? ok("key file", `${key} is readable by its owner only`)
    : wrong("key file", `${key} can be read by others; run: chmod 600 ${key}`);
  return [...findings, keyFinding];
}

function writable(folder: string): Finding {
  try {
    openFolder(folder);
    return ok("folder", `${folder} can be written to`);
  } catch (error) {
    return wrong(
      "folder",
      `${folder} cannot be written to (${(error as NodeJS.ErrnoException).code}); change its owner`,
    );
  }
}

async function runningGateway(context: CommandContext): Promise<readonly Finding[]> {
  try {
    const client = connect(context);
    const status = await client.get<{ version: string; ready: boolean; deliveries: Record<string, number> }>(
      "/api/status",
    );
    const { dead = 0, deferred = 0 } = status.deliveries;
    const { items } = await client.get<{ items: readonly ChannelLine[] }>("/api/channels?probe=true&use=true");
    const agents = await client.get<{ items: readonly AgentLine[] }>("/api/agents");
    return [
      ok("gateway", `version ${status.version} runs at ${client.url}`),
      dead > 0 ? note("deliveries", `${dead} are dead; see: wxgate dead list`) : ok("deliveries", "none is dead"),
      ...(deferred > 0 ? [note("deliveries", `${deferred} wait for a customer or a limit`)] : []),
      ...agents.items.flatMap(agentFinding),
      ...items.map(channelFinding),
      ...items.flatMap(callbackFindings),
      ...items.flatMap(({ id, accounts }) => quotaFindings(id, accounts)),
    ];
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ConfigError)) throw error;
    if (error instanceof ConfigError) return [];
    return [(error.exitCode === EXIT.notRunning ? note : wrong)("gateway", error.message)];
  }
}

interface AgentLine {
  readonly name: string;
  readonly state: string;
  readonly until?: string;
  readonly reason?: string;
  readonly fallback: readonly string[];
}

/** Only what watches an agent can say how it is. */
function agentFinding({ name, state, until, reason, fallback }: AgentLine): readonly Finding[] {
  if (state === "unwatched") return [];
  if (state === "ok") return [ok("agent", `${name} answers`)];
  const others = fallback.length === 0 ? "turns wait for it" : `${fallback.join(", ")} answers meanwhile`;
  const words = [until === undefined ? `${name} is ${state}` : `${name} rests until ${until}`, reason, others];
  return [wrong("agent", words.filter((word) => word !== undefined).join("; "))];
}

interface ChannelLine {
  readonly id: string;
  readonly state: string;
  readonly enabled: boolean;
  readonly paths: readonly string[];
  readonly callbacks?: CallbackTimes;
  readonly reason?: string;
  readonly hint?: string;
  readonly accounts: readonly (QuotaLine & {
    readonly state: string;
    readonly reason?: string;
    readonly hint?: string;
  })[];
}

/** Whether the platform's calls come through, as far as this process has seen. */
function callbackFindings({ id, enabled, paths, callbacks }: ChannelLine): readonly Finding[] {
  if (!enabled || callbacks === undefined) return [];
  const { checkedAt = 0, messageAt = 0, refusedAt = 0, refusedStatus, unsignedAt } = callbacks;
  const last = Math.max(checkedAt, messageAt);
  if (refusedAt > last) {
    const when = new Date(refusedAt).toISOString();
    const words = `the last one for ${id} (${when}) was refused with ${refusedStatus}`;
    return [wrong("callbacks", `${words}; wxgate doctor callback --url <the whole address it called> says why`)];
  }
  const save = "press Save on the console's callback page again";
  const causes = `was it a test by hand, or does a proxy drop what stands behind the ? of the address? To tell, ${save}`;
  const unsigned = unsignedAt === undefined ? undefined : `at ${new Date(unsignedAt).toISOString()}: ${causes}`;
  if (last > 0) {
    const came = ok("callbacks", `${id}: the last one came at ${new Date(last).toISOString()}`);
    if (unsigned === undefined || (unsignedAt ?? 0) < last) return [came];
    return [came, note("callbacks", `${id}: since then something came that nobody signed, ${unsigned}`)];
  }
  const never = `neither a check nor a message came for ${id} since the start`;
  if (unsigned !== undefined) {
    return [note("callbacks", `${never}, only what nobody signed, the last one ${unsigned}`)];
  }
  const test = `from outside, curl -i "https://<your domain>${paths[0]}" must answer 400: 404 is a wrong path, a time-out a firewall or proxy`;
  return [note("callbacks", `${never}. To test it: ${test}; then ${save}`)];
}

function channelFinding({ id, state, enabled, reason, hint, accounts }: ChannelLine): Finding {
  const troubled = accounts.filter((account) => account.state !== "ok");
  const words = [
    reason,
    hint,
    ...troubled.flatMap((account) => [`${account.account} is ${account.state}`, account.reason, account.hint]),
  ];
  // An account's reason is often the channel's.
  const told = new Set([`${id} is ${state}`, ...words].filter((word) => word !== undefined));
  const message = [...told].map((word) => word.replace(/\.$/, "")).join("; ");
  if (!enabled || state === "degraded" || state === "starting") return note("channel", message);
  return state === "ok" ? ok("channel", message) : wrong("channel", message);
}
