import { statfs } from "node:fs/promises";
import type { Fetch } from "@wxgate/core";
import type { ChannelConfig } from "../config/schema.ts";
import { reachConfiguredStore } from "../open-store.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";

const LOW_BYTES = 1_073_741_824;
const FULL_BYTES = 104_857_600;
const MOST_SKEW_MS = 60_000;

/** Room for the database and for what people send. */
export async function diskFinding(folder: string): Promise<Finding> {
  const free = await statfs(folder).then(({ bavail, bsize }) => bavail * bsize, cannotTell);
  if (free === undefined) return note("disk", `how much is free at ${folder} cannot be told: it cannot be looked into`);
  const words = `${Math.round(free / 1_048_576)} MiB are free at ${folder}`;
  if (free < FULL_BYTES)
    return wrong("disk", `${words}: nothing can be stored soon; make room, or lower media.retentionHours`);
  return free < LOW_BYTES
    ? note("disk", `${words}; media.retentionHours says how long files are kept`)
    : ok("disk", words);
}

/** The database, which only a server's address is asked for: a file is opened by the gateway alone. */
export async function storeFindings(url: string): Promise<readonly Finding[]> {
  if (!url.startsWith("postgres")) return [];
  try {
    await reachConfiguredStore(url);
    return [ok("store", "the database lets us in")];
  } catch (error) {
    return [wrong("store", error instanceof Error ? error.message : String(error))];
  }
}

/** A folder that could not be made is a finding of its own. */
function cannotTell(): undefined {
  return undefined;
}

/**
 * Whether the platform is reached, and its clock against ours.
 *
 * @param origin `https://…`, or `wss://…`, whose server is asked as any web server is
 */
export async function clockFinding(
  origin: string,
  fetch: Fetch,
  now: () => number,
  signal: AbortSignal,
): Promise<Finding> {
  let date: string | null;
  try {
    const response = await fetch(origin.replace(/^ws/, "http"), { method: "HEAD", signal });
    date = response.headers.get("date");
  } catch {
    return note("clock", `${origin} cannot be reached from here: check network, DNS and proxy (egressProxyUrl)`);
  }
  const skewMs = date === null ? Number.NaN : now() - Date.parse(date);
  if (Number.isNaN(skewMs)) return note("clock", `${origin} is reached, but does not tell its time`);
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return ok("clock", `within ${Math.max(1, seconds)} s of ${origin}`);
  const words = `this machine is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} ${origin}`;
  return wrong(
    "clock",
    `${words}: windows, schedules and callbackMaxSkewSeconds go wrong; switch time synchronisation on (timedatectl set-ntp true)`,
  );
}

/** One bot or app in two channels: its messages would be answered twice, or its connections kick each other. */
export function ownerFindings(channels: Readonly<Record<string, ChannelConfig>>): readonly Finding[] {
  const owners = new Map<string, string[]>();
  for (const [id, { type, keys }] of Object.entries(channels)) {
    if (keys.enabled === false) continue;
    const identity = identityOf(type, keys);
    if (identity !== undefined) owners.set(identity, [...(owners.get(identity) ?? []), id]);
  }
  return [...owners.values()]
    .filter((ids) => ids.length > 1)
    .map((ids) =>
      wrong(
        "owners",
        `${ids.join(" and ")} are the same account: it is served twice; remove one, or set \`enabled: false\``,
      ),
    );
}

function identityOf(
  type: string,
  { botId, corpId, agentId, accounts }: Readonly<Record<string, unknown>>,
): string | undefined {
  if (type === "wecom-bot-ws") return `bot ${String(botId)}`;
  if (type === "wecom-agent-xml") return `app ${String(corpId)} ${String(agentId)}`;
  if (type !== "kf") return undefined;
  // Several channels may share an enterprise when each names its accounts.
  const { allow } = (accounts ?? {}) as { allow?: readonly string[] };
  return allow === undefined ? `kf ${String(corpId)}` : undefined;
}
