import type { Address, ClaimedTurn, InboundMessage, WorkerOptions } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { type Ids, randomText } from "../ids.ts";
import { parseJson, parseOptional } from "../json.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import type { StandingOperations } from "./standing.ts";
import type { WorkerOperations } from "./workers.ts";

/** Keeps one turn within what an agent and one transaction can take; the rest forms the next turn. */
const MOST_MESSAGES = 500;

interface MessageColumns {
  readonly seq: number;
  readonly platform_id: string;
  readonly conversation_id: number;
  readonly sender_id: string | null;
  readonly sender_name: string | null;
  readonly sent_at: number;
  readonly due_at: number | null;
  readonly content: string;
  readonly quote: string | null;
  readonly handle: string | null;
}

const MESSAGE_COLUMNS = [
  "seq",
  "platform_id",
  "conversation_id",
  "sender_id",
  "sender_name",
  "sent_at",
  "due_at",
  "content",
  "quote",
  "handle",
] as const;

type Candidate =
  | { readonly dueAt: number; readonly turn: number }
  | { readonly dueAt: number; readonly lane: string; readonly session: string | null };

export function createClaimTurns(
  e: Sql,
  { ids, workers, standing }: { ids: Ids; workers: WorkerOperations; standing: StandingOperations },
) {
  const commandsOf = (tied: boolean) =>
    e.prepare((db, p: { channel: string; accounts: string; limit: number }) =>
      db
        .selectFrom("messages")
        .select(MESSAGE_COLUMNS)
        .select("lane")
        .where("channel", "=", p.channel)
        .where("state", "=", sql.lit("waiting"))
        .where("kind", "=", sql.lit("command"))
        .$if(tied, (q) => q.where(e.inList("account", p.accounts)))
        .where((w) =>
          w.not(
            w.exists(
              w
                .selectFrom("turns as t")
                .select("t.seq")
                .whereRef("t.lane", "=", "messages.lane")
                .where("t.active", "=", sql.lit(1))
                .where("t.kind", "=", sql.lit("command")),
            ),
          ),
        )
        .orderBy("seq")
        .limit(p.limit)
        .modifyEnd(e.lockFree),
    );
  const waitingTurnsOf = (tied: boolean) =>
    e.prepare((db, p: { channel: string; accounts: string; now: number; limit: number }) =>
      db
        .selectFrom("turns")
        .select(["seq", "due_at"])
        .where("channel", "=", p.channel)
        .where("state", "=", sql.lit("waiting"))
        .where("due_at", "<=", p.now)
        .$if(tied, (q) => q.where(e.inList("account", p.accounts)))
        .orderBy("due_at")
        .limit(p.limit)
        .modifyEnd(e.lockFree),
    );
  const lanesOf = (tied: boolean) =>
    e.prepare((db, p: { channel: string; accounts: string; now: number; limit: number }) =>
      db
        .selectFrom("lanes")
        .select(["key", "due_at", "session"])
        .where("channel", "=", p.channel)
        .where("due_at", "is not", null)
        .where("turn_seq", "is", null)
        .where("due_at", "<=", p.now)
        .$if(tied, (q) => q.where(e.inList("account", p.accounts)))
        .orderBy("due_at")
        .limit(p.limit)
        .modifyEnd(e.lockFree),
    );
  const found = {
    free: { commands: commandsOf(false), turns: waitingTurnsOf(false), lanes: lanesOf(false) },
    tied: { commands: commandsOf(true), turns: waitingTurnsOf(true), lanes: lanesOf(true) },
  };

  const waitingIn = e.prepare((db, p: { lane: string; limit: number }) =>
    db
      .selectFrom("messages")
      .select(MESSAGE_COLUMNS)
      .where("lane", "=", p.lane)
      .where("state", "=", sql.lit("waiting"))
      .where("kind", "<>", sql.lit("command"))
      .orderBy("seq")
      .limit(p.limit),
  );
  const messageBySeq = e.prepare((db, p: { seq: number }) =>
    db.selectFrom("messages").select(MESSAGE_COLUMNS).where("seq", "=", p.seq),
  );
  const insertTurn = e.prepare(
    (
      db,
      p: {
        kind: string;
        lane: string;
        conversation: number;
        channel: string;
        account: string;
        session: string;
        worker: string;
        messages: string;
        now: number;
      },
    ) =>
      db
        .insertInto("turns")
        .values({
          kind: p.kind,
          lane: p.lane,
          conversation_id: p.conversation,
          channel: p.channel,
          account: p.account,
          session: p.session,
          state: "running",
          active: 1,
          attempt: 1,
          claim: 1,
          worker: p.worker,
          messages: p.messages,
          created_at: p.now,
          claimed_at: p.now,
        })
        .returning("seq"),
  );
  const takeMessage = e.prepare((db, p: { seq: number; turn: number }) =>
    db.updateTable("messages").set({ state: "claimed", turn_seq: p.turn }).where("seq", "=", p.seq),
  );
  const occupyLane = e.prepare((db, p: { lane: string; turn: number; session: string }) =>
    db
      .updateTable("lanes")
      .set({
        turn_seq: p.turn,
        session: p.session,
        due_at: sql<number | null>`(select min(m.due_at) from messages m where m.lane = ${p.lane}
          and m.state = 'waiting' and m.kind <> 'command')`,
      })
      .where("key", "=", p.lane),
  );
  const emptyLane = e.prepare((db, p: { lane: string }) =>
    db.updateTable("lanes").set({ due_at: null }).where("key", "=", p.lane),
  );
  const laneSession = e.prepare((db, p: { lane: string }) =>
    db.selectFrom("lanes").select("session").where("key", "=", p.lane).modifyEnd(e.lock),
  );
  const busy = e.prepare((db, p: { lane: string }) =>
    db
      .selectFrom("turns")
      .select("seq")
      .where("lane", "=", p.lane)
      .where("active", "=", sql.lit(1))
      .where("kind", "=", sql.lit("command"))
      .limit(1),
  );
  const keepSession = e.prepare((db, p: { lane: string; session: string }) =>
    db.updateTable("lanes").set({ session: p.session }).where("key", "=", p.lane),
  );
  const retake = e.prepare((db, p: { seq: number; worker: string; now: number }) =>
    db
      .updateTable("turns")
      .set({
        state: "running",
        attempt: sql<number>`attempt + 1`,
        claim: sql<number>`claim + 1`,
        worker: p.worker,
        claimed_at: p.now,
        due_at: null,
      })
      .where("seq", "=", p.seq)
      .where("state", "=", sql.lit("waiting"))
      .returningAll(),
  );
  const repliesOf = e.prepare((db, p: { turn: number }) =>
    db
      .selectFrom("replies")
      .select((s) => s.fn.countAll<number>().as("count"))
      .where("turn_seq", "=", p.turn)
      .where("ordinal", "is not", null),
  );

  function* claimed(
    turn: {
      seq: number;
      claim: number;
      attempt: number;
      lane: string;
      kind: string;
      session: string;
      conversation: number;
      stream: string | null;
      shown: string | null;
      cancelled: number;
    },
    rows: readonly MessageColumns[],
  ): Operation<ClaimedTurn> {
    const where = yield* standing.of(turn.conversation);
    const id = ids.format("trn", turn.seq);
    const replied = turn.attempt === 1 ? 0 : ((yield* first(repliesOf, { turn: turn.seq }))?.count ?? 0);
    const stream = parseOptional<NonNullable<ClaimedTurn["stream"]>>(turn.stream);
    return {
      claim: { id, number: turn.claim },
      id,
      attempt: turn.attempt,
      lane: turn.lane,
      as: turn.kind === "command" ? "command" : "turn",
      session: turn.session,
      conversation: where.address,
      messages: rows.map((row) => ({ id: ids.format("msg", row.seq), message: toMessage(row, where.address) })),
      handles: where.handles,
      ...(stream === undefined ? {} : { stream }),
      ...(turn.shown === null ? {} : { shown: turn.shown }),
      replied,
      quota: where.quota,
      cancelled: turn.cancelled === 1,
    };
  }

  function* start(
    context: Context,
    kind: "turn" | "command",
    lane: string,
    session: string,
    worker: string,
    rows: readonly MessageColumns[],
  ): Operation<ClaimedTurn> {
    const conversation = rows[0]!.conversation_id;
    const { channel, account } = yield* standing.address(conversation);
    const made = yield* first(insertTurn, {
      kind,
      lane,
      conversation,
      channel,
      account,
      session,
      worker,
      messages: JSON.stringify(rows.map((row) => row.seq)),
      now: context.now,
    });
    const seq = made!.seq;
    for (const row of rows) yield* run(takeMessage, { seq: row.seq, turn: seq });
    if (kind === "turn") yield* run(occupyLane, { lane, turn: seq, session });
    return yield* claimed(
      { seq, claim: 1, attempt: 1, lane, kind, session, conversation, stream: null, shown: null, cancelled: 0 },
      rows,
    );
  }

  function* startCommand(
    context: Context,
    row: MessageColumns & { lane: string | null },
    worker: string,
  ): Operation<ClaimedTurn | undefined> {
    const lane = row.lane ?? "";
    const known = (yield* first(laneSession, { lane }))?.session;
    // Now that the lane is ours: another gateway may have been quicker.
    if ((yield* first(busy, { lane })) !== undefined) return undefined;
    const session = known ?? newSessionId(context);
    if (known === null || known === undefined) yield* run(keepSession, { lane, session });
    return yield* start(context, "command", lane, session, worker, [row]);
  }

  function* startLane(
    context: Context,
    lane: string,
    known: string | null,
    worker: string,
  ): Operation<ClaimedTurn | undefined> {
    const waiting = yield* all(waitingIn, { lane, limit: MOST_MESSAGES });
    const head = waiting.find((row) => (row.due_at ?? 0) <= context.now) ?? waiting[0];
    if (head === undefined) {
      yield* run(emptyLane, { lane });
      return undefined;
    }
    const { kind } = yield* standing.address(head.conversation_id);
    const together = waiting.filter(
      (row) => row.conversation_id === head.conversation_id && (kind !== "group" || row.sender_id === head.sender_id),
    );
    return yield* start(context, "turn", lane, known ?? newSessionId(context), worker, together);
  }

  function* resume(context: Context, seq: number, worker: string): Operation<ClaimedTurn | undefined> {
    const turn = yield* first(retake, { seq, worker, now: context.now });
    if (turn === undefined) return undefined;
    const rows: MessageColumns[] = [];
    for (const message of parseJson<number[]>(turn.messages)) {
      const row = yield* first(messageBySeq, { seq: message });
      if (row !== undefined) rows.push(row);
    }
    return yield* claimed({ ...turn, conversation: turn.conversation_id }, rows);
  }

  function* candidates(context: Context, options: WorkerOptions, limit: number): Operation<Candidate[]> {
    const list: Candidate[] = [];
    for (const channel of options.channels) {
      const tied = tiedAccounts(options, channel);
      const statements = tied === undefined ? found.free : found.tied;
      const args = { channel, accounts: tied ?? "[]", now: context.now, limit };
      for (const row of yield* all(statements.turns, args)) list.push({ dueAt: row.due_at ?? 0, turn: row.seq });
      for (const row of yield* all(statements.lanes, args)) {
        list.push({ dueAt: row.due_at ?? 0, lane: row.key, session: row.session });
      }
    }
    return list.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
  }

  function* claimCommands(context: Context, options: WorkerOptions): Operation<ClaimedTurn[]> {
    const turns: ClaimedTurn[] = [];
    const lanes = new Set<string | null>();
    for (const channel of options.channels) {
      const limit = options.limit - turns.length;
      if (limit <= 0) break;
      const tied = tiedAccounts(options, channel);
      const statement = (tied === undefined ? found.free : found.tied).commands;
      for (const row of yield* all(statement, { channel, accounts: tied ?? "[]", limit })) {
        // One after the other in a lane; the next is claimed when this one is done.
        if (lanes.has(row.lane)) continue;
        lanes.add(row.lane);
        const turn = yield* startCommand(context, row, options.worker);
        if (turn !== undefined) turns.push(turn);
      }
    }
    return turns;
  }

  return function* claimTurns(context: Context, options: WorkerOptions): Operation<readonly ClaimedTurn[]> {
    yield* workers.introduce(context, options.worker);
    const turns = yield* claimCommands(context, options);
    const left = options.limit - turns.length;
    if (left <= 0) return turns;
    for (const candidate of yield* candidates(context, options, left)) {
      const turn =
        "turn" in candidate
          ? yield* resume(context, candidate.turn, options.worker)
          : yield* startLane(context, candidate.lane, candidate.session, options.worker);
      if (turn !== undefined) turns.push(turn);
    }
    return turns;
  };
}

/** The accounts of a tied channel that may be worked here, as JSON; undefined: the channel is not tied. */
export function tiedAccounts(options: WorkerOptions, channel: string): string | undefined {
  const accounts = options.tied?.get(channel);
  if (accounts === undefined) return undefined;
  const prefix = `${channel}|`;
  return JSON.stringify([...accounts].map((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : key)));
}

export function newSessionId({ random }: Context): string {
  return `ses_${randomText(random, 16)}`;
}

function toMessage(row: MessageColumns, from: Address): InboundMessage {
  const quote = parseOptional<NonNullable<InboundMessage["quote"]>>(row.quote);
  const replyHandle = parseOptional<NonNullable<InboundMessage["replyHandle"]>>(row.handle);
  return {
    id: row.platform_id,
    from,
    sender: { id: row.sender_id ?? "", ...(row.sender_name === null ? {} : { name: row.sender_name }) },
    sentAt: new Date(row.sent_at),
    content: parseJson(row.content),
    ...(quote === undefined ? {} : { quote }),
    ...(replyHandle === undefined ? {} : { replyHandle }),
  };
}
