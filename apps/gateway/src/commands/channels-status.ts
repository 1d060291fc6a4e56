import { connect } from "../cli/admin-client.ts";
import type { Action } from "../cli/context.ts";
import { EXIT } from "../cli/exit-codes.ts";
import { table } from "../cli/table.ts";

interface Account {
  readonly account: string;
  readonly name?: string;
  readonly state: string;
  readonly since: string;
  readonly reason?: string;
  readonly hint?: string;
  readonly lagMs?: number;
}
interface ChannelStatus {
  readonly id: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly state: string;
  readonly reason?: string;
  readonly hint?: string;
  readonly accounts: readonly Account[];
}

const WORKING = new Set(["ok", "starting", "degraded"]);

/** How the channels are; exit code 1 when one that is switched on does not work. */
export const channelsStatus: Action = async (context, _args, options) => {
  const probe = options.probe === true ? "?probe=true" : "";
  const { items } = await connect(context).get<{ items: readonly ChannelStatus[] }>(`/api/channels${probe}`);
  for (const line of table(["CHANNEL", "TYPE", "ACCOUNT", "STATE", "SINCE", "LAG", "REASON"], items.flatMap(rowsOf))) {
    context.say(line);
  }
  for (const hint of new Set(items.flatMap(hintsOf))) context.say(`Hint: ${hint}`);
  context.emit({ items });
  if (items.some(({ enabled, state }) => enabled && !WORKING.has(state))) context.exitWith(EXIT.failed);
};

function rowsOf({ id, type, state, reason = "", accounts }: ChannelStatus): readonly (readonly string[])[] {
  const whole = [id, type, "-", state, "-", "-", reason];
  if (accounts.length === 0) return [whole];
  // What is wrong with the channel may be wrong with none of its accounts alone.
  const isTold = reason === "" || accounts.some((account) => account.reason === reason);
  const rows = accounts.map((account) => [
    id,
    type,
    account.name === undefined ? account.account : `${account.account} (${account.name})`,
    account.state,
    account.since,
    account.lagMs === undefined ? "-" : `${Math.round(account.lagMs / 1000)} s`,
    account.reason ?? "",
  ]);
  return isTold ? rows : [whole, ...rows];
}

function hintsOf({ hint, accounts }: ChannelStatus): readonly string[] {
  return [hint, ...accounts.map((account) => account.hint)].filter((text) => text !== undefined);
}
