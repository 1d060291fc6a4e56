import { connect } from "../cli/admin-client.ts";
import type { Action } from "../cli/context.ts";
import { CommandError, EXIT } from "../cli/exit-codes.ts";
import { table } from "../cli/table.ts";

interface Delivery {
  readonly id: string;
  readonly conversation: { readonly channel: string; readonly peer: string };
  readonly attempt: number;
  readonly updatedAt: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}
interface Page {
  readonly items: readonly Delivery[];
  readonly next?: string;
}

/** What could not be delivered, and why. */
export const deadList: Action = async (context) => {
  const items: Delivery[] = [];
  for await (const delivery of allDead(connect(context))) items.push(delivery);
  if (items.length === 0) context.say("Nothing is dead.");
  else {
    const rows = items.map(({ id, conversation, attempt, updatedAt, error }) => [
      id,
      conversation.channel,
      conversation.peer,
      new Date(updatedAt).toISOString(),
      String(attempt),
      error === undefined ? "" : `${error.message} (${error.code})`,
    ]);
    for (const line of table(["DELIVERY", "CHANNEL", "TO", "SINCE", "ATTEMPTS", "REASON"], rows)) context.say(line);
  }
  context.emit({ items });
};

/** Sends dead deliveries again: those named, or all of them. */
export const deadRetry: Action = async (context, ids, options) => {
  const isAll = options.all === true;
  if (isAll === ids.length > 0) throw new CommandError("name the deliveries to retry, or say --all", EXIT.usage);
  const client = connect(context);
  const wanted = [...ids];
  if (isAll) for await (const { id } of allDead(client)) wanted.push(id);

  const failed: { id: string; reason: string }[] = [];
  const retried: string[] = [];
  for (const id of wanted) {
    try {
      await client.post(`/api/deliveries/${encodeURIComponent(id)}/retry`);
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

async function* allDead(client: ReturnType<typeof connect>): AsyncGenerator<Delivery> {
  let before: string | undefined;
  do {
    const cursor: string = before === undefined ? "" : `&before=${encodeURIComponent(before)}`;
    const page: Page = await client.get<Page>(`/api/deliveries?state=dead&limit=200${cursor}`);
    yield* page.items;
    before = page.next;
  } while (before !== undefined);
}
