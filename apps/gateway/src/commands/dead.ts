import { connect } from "../cli/admin-client.ts";
import type { Action } from "../cli/context.ts";
import { CommandError, EXIT } from "../cli/exit-codes.ts";
import { table } from "../cli/table.ts";

interface Item {
  readonly id: string;
  readonly conversation: { readonly channel: string; readonly peer: string };
  readonly attempt: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}
interface Delivery extends Item {
  readonly updatedAt: number;
}
interface Turn extends Item {
  readonly failedAt: number;
}
interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}
type Client = ReturnType<typeof connect>;

/** What could not be delivered, what no agent could answer, and why. */
export const deadList: Action = async (context) => {
  const client = connect(context);
  const items: ((Delivery & { kind: "delivery" }) | (Turn & { kind: "turn" }))[] = [];
  for await (const delivery of deadDeliveries(client)) items.push({ kind: "delivery", ...delivery });
  for await (const turn of failedTurns(client)) items.push({ kind: "turn", ...turn });
  if (items.length === 0) context.say("Nothing is dead.");
  else {
    const rows = items.map((item) => [
      item.id,
      item.kind,
      item.conversation.channel,
      item.conversation.peer,
      new Date(item.kind === "turn" ? item.failedAt : item.updatedAt).toISOString(),
      String(item.attempt),
      item.error === undefined ? "" : `${item.error.message} (${item.error.code})`,
    ]);
    for (const line of table(["ID", "WHAT", "CHANNEL", "PEER", "SINCE", "ATTEMPTS", "REASON"], rows)) context.say(line);
    for (const hint of new Set(items.flatMap(hintOf))) context.say(hint);
  }
  context.emit({ items });
};

/** Named after the code that ends the reason: many that failed alike need one cure. */
function hintOf({ error }: Item): readonly string[] {
  return error?.hint === undefined ? [] : [`Hint (${error.code}): ${error.hint}`];
}

/** Sends dead deliveries again and has failed turns answered again: those named, or all of them. */
export const deadRetry: Action = async (context, ids, options) => {
  const isAll = options.all === true;
  if (isAll === ids.length > 0) {
    throw new CommandError("name the deliveries and turns to retry, or say --all", EXIT.usage);
  }
  const client = connect(context);
  const wanted = [...ids];
  if (isAll) {
    for await (const { id } of deadDeliveries(client)) wanted.push(id);
    for await (const { id } of failedTurns(client)) wanted.push(id);
  }

  const failed: { id: string; reason: string }[] = [];
  const retried: string[] = [];
  for (const id of wanted) {
    try {
      await client.post(`/api/${id.startsWith("trn_") ? "turns" : "deliveries"}/${encodeURIComponent(id)}/retry`);
      retried.push(id);
      context.say(`${id} is queued again`);
    } catch (error) {
      if (!(error instanceof CommandError) || error.exitCode === EXIT.notRunning) throw error;
      failed.push({ id, reason: error.message });
      context.say(`${id}: ${error.message}`);
    }
  }
  if (wanted.length === 0) context.say("Nothing is dead.");
  context.emit({ retried, failed });
  if (failed.length > 0) context.exitWith(EXIT.failed);
};

const deadDeliveries = (client: Client) => allOf<Delivery>(client, "/api/deliveries?state=dead&limit=200");
const failedTurns = (client: Client) => allOf<Turn>(client, "/api/turns/failed?limit=200");

async function* allOf<T>(client: Client, path: string): AsyncGenerator<T> {
  let before: string | undefined;
  do {
    const cursor: string = before === undefined ? "" : `&before=${encodeURIComponent(before)}`;
    const page: Page<T> = await client.get<Page<T>>(path + cursor);
    yield* page.items;
    before = page.next;
  } while (before !== undefined);
}
