import type { Sender, StoredMessage } from "@wxgate/core";
import { sql } from "kysely";
import type { Ids } from "../ids.ts";
import { parseJson } from "../json.ts";
import { first, type Operation, type Sql } from "../sql.ts";
import { toAddress } from "./standing.ts";

/** A message of theirs or ours by the platform's id. */
export function createFind(e: Sql, ids: Ids) {
  const inbound = e.prepare((db, p: { channel: string; account: string; platformId: string }) =>
    db
      .selectFrom("messages as m")
      .innerJoin("conversations as c", "c.id", "m.conversation_id")
      .select([
        "m.seq",
        "m.platform_id",
        "m.kind",
        "m.state",
        "m.sender_id",
        "m.sender_name",
        "m.sent_at",
        "m.content",
        "c.channel",
        "c.account",
        "c.kind as conversation_kind",
        "c.peer",
      ])
      .where("m.channel", "=", p.channel)
      .where("m.account", "=", p.account)
      .where("m.platform_id", "=", p.platformId),
  );
  const outboundBy = (column: "d.platform_id" | "d.id") =>
    e.prepare((db, p: { channel: string; account: string; platformId: string }) =>
      db
        .selectFrom("deliveries as d")
        .innerJoin("conversations as c", "c.id", "d.conversation_id")
        .select([
          "d.id",
          "d.platform_id",
          "d.piece",
          "d.updated_at",
          "c.channel",
          "c.account",
          "c.kind as conversation_kind",
          "c.peer",
        ])
        .where("d.channel", "=", p.channel)
        .where("d.account", "=", p.account)
        .where(column, "=", p.platformId)
        .$if(column === "d.platform_id", (q) => q.whereRef("d.platform_id", "<>", "d.id"))
        .where("d.state", "in", [sql.lit("accepted"), sql.lit("confirmed"), sql.lit("failed-late"), sql.lit("sending")])
        .limit(1),
    );
  const outbound = outboundBy("d.platform_id");
  const outboundById = outboundBy("d.id");

  return function* find(channel: string, account: string, platformId: string): Operation<StoredMessage | undefined> {
    const args = { channel, account, platformId };
    const message = yield* first(inbound, args);
    if (message !== undefined) {
      return {
        id: ids.format("msg", message.seq),
        platformId: message.platform_id,
        conversation: toAddress({ ...message, kind: message.conversation_kind }),
        direction: message.kind === "operator" ? "operator" : "inbound",
        ...senderField(message.sender_id, message.sender_name),
        at: message.sent_at,
        content: parseJson(message.content),
        ...unansweredField(message),
      };
    }
    const delivery = (yield* first(outbound, args)) ?? (yield* first(outboundById, args));
    if (delivery === undefined) return undefined;
    return {
      id: delivery.id,
      ...(delivery.platform_id === null ? {} : { platformId: delivery.platform_id }),
      conversation: toAddress({ ...delivery, kind: delivery.conversation_kind }),
      direction: "outbound",
      at: delivery.updated_at,
      content: parseJson<{ content: StoredMessage["content"] }>(delivery.piece).content,
    };
  };
}

function unansweredField({ kind, state }: { kind: string; state: string }): Pick<StoredMessage, "unanswered"> {
  if (state === "dropped") return { unanswered: "dropped" };
  if (state === "waiting" && kind === "turn") return { unanswered: "waiting" };
  if (state === "claimed" && kind === "turn") return { unanswered: "answering" };
  return kind === "resume" ? { unanswered: "resume" } : {};
}

export function senderField(id: string | null, name: string | null): { readonly sender?: Sender } {
  return id === null ? {} : { sender: { id, ...(name === null ? {} : { name }) } };
}
