import { connect } from "../cli/admin-client.ts";
import type { Action } from "../cli/context.ts";
import { table } from "../cli/table.ts";

interface Stored {
  readonly id: string;
  readonly receivedAt: number;
  readonly event: {
    readonly kind: string;
    /** The platform's own word, where we have none. */
    readonly name?: string;
    readonly from: { readonly channel: string; readonly peer: string };
    readonly sender?: { readonly id: string };
  };
}

/** What the platforms told beside messages, the latest first: who came and left, approvals, changes of accounts. */
export const events: Action = async (context, [channel]) => {
  const client = connect(context);
  const of = channel === undefined ? "" : `&channel=${encodeURIComponent(channel)}`;
  const { items } = await client.get<{ items: readonly Stored[] }>(`/api/events?limit=100${of}`);
  if (items.length === 0) context.say("The platforms have told nothing beside messages.");
  else {
    const rows = items.map(({ receivedAt, event: { kind, name, from, sender } }) => [
      new Date(receivedAt).toISOString(),
      from.channel,
      sender?.id ?? from.peer,
      name ?? kind,
    ]);
    for (const line of table(["WHEN", "CHANNEL", "WHO", "WHAT"], rows)) context.say(line);
  }
  context.emit({ items });
};
