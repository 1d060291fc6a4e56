import { type ClaimedTurn, SCHEDULE_CHANNEL, type WorkerOptions } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import { laneKey, newSessionId } from "./lanes.ts";
import type { StandingOperations } from "./standing.ts";
import { tiedAccounts } from "./tied.ts";
import { MESSAGE_COLUMNS, type MessageColumns, type TurnRowOperations } from "./turn-rows.ts";
import type { WorkerOperations } from "./workers.ts";

/** Keeps one turn within what an agent and one transaction can take; the rest forms the next turn. */
const MOST_MESSAGES = 500;
/** Ends a claim before its limit: the first of its turns can begin, and the event loop goes on. */
const ENOUGH_MESSAGES = 200;

interface LaneColumns {
  readonly id: number;
  readonly key: string;
  readonly kind: string;
  readonly peer: string;
  readonly session: string | null;
  readonly turn_at: number | null;
  readonly claimed_to: number;
}

type Candidate =
  | { readonly dueAt: number; readonly turn: number }
  | { readonly dueAt: number; readonly lane: LaneColumns };

export function createClaimTurns(
  e: Sql,
  { rows, workers, standing }: { rows: TurnRowOperations; workers: WorkerOperations; standing: StandingOperations },
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
                .whereRef("t.conversation_id", "=", "messages.conversation_id")
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
  const lanesOf = (tied: boolean, lock = e.lockFree) =>
    e.prepare((db, p: { channel: string; accounts: string; now: number; limit: number }) =>
      db
        .selectFrom("conversations")
        .select(["id", "key", "kind", "peer", "session", "turn_at", "claimed_to"])
        .where("channel", "=", p.channel)
        .where("turn_at", "is not", null)
        .where("turn_seq", "is", null)
        .where("turn_at", "<=", p.now)
        .$if(tied, (q) => q.where(e.inList("account", p.accounts)))
        .orderBy("turn_at")
        .limit(p.limit)
        .modifyEnd(lock),
    );
  const found = {
    free: { commands: commandsOf(false), turns: waitingTurnsOf(false), lanes: lanesOf(false) },
    tied: { commands: commandsOf(true), turns: waitingTurnsOf(true), lanes: lanesOf(true) },
  };
  const dueLanes = { free: lanesOf(false, sql``), tied: lanesOf(true, sql``) };

  const waitingOwn = e.prepare((db, p: { id: number; after: number; limit: number }) =>
    db
      .selectFrom("messages")
      .select(MESSAGE_COLUMNS)
      .where("conversation_id", "=", p.id)
      .where("seq", ">", p.after)
      .where("state", "=", sql.lit("waiting"))
      .where("lane", "is", null)
      .where("kind", "<>", sql.lit("command"))
      .orderBy("seq")
      .limit(p.limit),
  );
  const waitingOther = e.prepare((db, p: { lane: string; limit: number }) =>
    db
      .selectFrom("messages")
      .select(MESSAGE_COLUMNS)
      .where("lane", "=", p.lane)
      .where("state", "=", sql.lit("waiting"))
      .where("kind", "<>", sql.lit("command"))
      .orderBy("seq")
      .limit(p.limit),
  );
  const occupy = e.prepare(
    (db, p: { id: number; turn: number; session: string; turnAt: number | null; claimedTo: number }) =>
      db
        .updateTable("conversations")
        .set({ turn_seq: p.turn, session: p.session, turn_at: p.turnAt, claimed_to: p.claimedTo })
        .where("id", "=", p.id),
  );
  const empty = e.prepare((db, p: { id: number }) =>
    db.updateTable("conversations").set({ turn_at: null }).where("id", "=", p.id),
  );
  const commandLane = e.prepare((db, p: { own: number; other: string }) =>
    db
      .selectFrom("conversations")
      .select(["id", "key", "session"])
      .where((w) => w.or([w("id", "=", p.own), w("key", "=", p.other)]))
      .modifyEnd(e.lock),
  );
  const busy = e.prepare((db, p: { conversation: number }) =>
    db
      .selectFrom("turns")
      .select("seq")
      .where("conversation_id", "=", p.conversation)
      .where("active", "=", sql.lit(1))
      .where("kind", "=", sql.lit("command"))
      .limit(1),
  );
  const keepSession = e.prepare((db, p: { id: number; session: string }) =>
    db.updateTable("conversations").set({ session: p.session }).where("id", "=", p.id),
  );

  function* startCommand(
    context: Context,
    row: MessageColumns & { lane: string | null },
    { worker, policies }: WorkerOptions,
  ): Operation<ClaimedTurn | undefined> {
    const conversation = row.conversation_id;
    const candidates = yield* all(commandLane, {
      own: conversation,
      other: row.lane === null ? "" : laneKey(row.lane),
    });
    // Now that the conversation is ours: another gateway may have been quicker.
    if ((yield* first(busy, { conversation })) !== undefined) return undefined;
    const own = candidates.find((lane) => lane.id === conversation);
    const lane = row.lane === null ? own : (candidates.find((other) => other.id !== conversation) ?? own);
    if (lane === undefined) throw new Error(`conversation ${conversation} is gone`);
    const session = lane.session ?? newSessionId(context);
    if (lane.session === null) yield* run(keepSession, { id: lane.id, session });
    const turn = { kind: "command", lane: row.lane ?? lane.key, laneId: lane.id, session, worker, policies } as const;
    return (yield* rows.start(context, { ...turn, messages: [row] })).claimed;
  }

  function* startLane(
    context: Context,
    lane: LaneColumns,
    { worker, policies }: WorkerOptions,
  ): Operation<ClaimedTurn | undefined> {
    const own = lane.kind !== "lane";
    const waiting = own
      ? yield* all(waitingOwn, { id: lane.id, after: lane.claimed_to, limit: MOST_MESSAGES })
      : yield* all(waitingOther, { lane: lane.peer, limit: MOST_MESSAGES });
    const said = waiting.filter((row) => row.kind !== "aside");
    const head = said.find((row) => (row.due_at ?? 0) <= context.now) ?? said[0];
    if (head === undefined) {
      yield* run(empty, { id: lane.id });
      return undefined;
    }
    const group = (own ? lane.kind : (yield* standing.address(head.conversation_id)).kind) === "group";
    const scheduled = lane.key.startsWith(`${SCHEDULE_CHANNEL}|`);
    // Runs of schedules are turns of their own, also when several are due.
    const together = (row: MessageColumns) =>
      (!scheduled || row === head) &&
      row.conversation_id === head.conversation_id &&
      (!group || row.sender_id === head.sender_id || row.kind === "aside");
    const session = (isolated(lane.key) ? null : lane.session) ?? newSessionId(context);
    const { seq, claimed } = yield* rows.start(context, {
      kind: "turn",
      lane: own ? lane.key : lane.peer,
      laneId: lane.id,
      session,
      worker,
      policies,
      messages: waiting.filter(together),
    });
    const left = waiting.filter((row) => !together(row));
    const more = waiting.length === MOST_MESSAGES ? [context.now] : [];
    const leftToSay = left.filter((row) => row.kind !== "aside");
    const dueAt = [...leftToSay.map((row) => row.due_at ?? context.now), ...more];
    yield* run(occupy, {
      id: lane.id,
      turn: seq,
      session,
      turnAt: dueAt.length === 0 ? null : Math.min(...dueAt),
      claimedTo: left[0] === undefined ? waiting.at(-1)!.seq : left[0].seq - 1,
    });
    return claimed;
  }

  function* candidates(context: Context, options: WorkerOptions, limit: number): Operation<Candidate[]> {
    const list: Candidate[] = [];
    for (const channel of options.channels) {
      const tied = tiedAccounts(options, channel);
      const statements = tied === undefined ? found.free : found.tied;
      const args = { channel, accounts: tied ?? "[]", now: context.now, limit };
      for (const row of yield* all(statements.turns, args)) list.push({ dueAt: row.due_at ?? 0, turn: row.seq });
      for (const lane of yield* all(statements.lanes, args)) list.push({ dueAt: lane.turn_at ?? 0, lane });
    }
    return list.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
  }

  function* claimCommands(context: Context, options: WorkerOptions): Operation<ClaimedTurn[]> {
    const turns: ClaimedTurn[] = [];
    const conversations = new Set<number>();
    for (const channel of options.channels) {
      const limit = options.limit - turns.length;
      if (limit <= 0) break;
      const tied = tiedAccounts(options, channel);
      const statement = (tied === undefined ? found.free : found.tied).commands;
      for (const row of yield* all(statement, { channel, accounts: tied ?? "[]", limit })) {
        // One after the other; the next is claimed when this one is done.
        if (conversations.has(row.conversation_id)) continue;
        conversations.add(row.conversation_id);
        const turn = yield* startCommand(context, row, options);
        if (turn !== undefined) turns.push(turn);
      }
    }
    return turns;
  }

  /** Lanes that somebody else was just writing to were passed over: look again soon. */
  function* wakeForSkipped(context: Context, options: WorkerOptions): Operation<void> {
    for (const channel of options.channels) {
      const tied = tiedAccounts(options, channel);
      const statement = tied === undefined ? dueLanes.free : dueLanes.tied;
      const skipped = yield* all(statement, { channel, accounts: tied ?? "[]", now: context.now, limit: 1 });
      if (skipped.length > 0) return context.wake("turns");
    }
  }

  return function* claimTurns(context: Context, options: WorkerOptions): Operation<readonly ClaimedTurn[]> {
    yield* workers.introduce(context, options.worker);
    const turns = yield* claimCommands(context, options);
    const left = options.limit - turns.length;
    if (left <= 0) return turns;
    let messages = 0;
    for (const candidate of yield* candidates(context, options, left)) {
      if (messages >= ENOUGH_MESSAGES) {
        context.wake("turns");
        break;
      }
      const turn =
        "turn" in candidate
          ? yield* rows.resume(context, candidate.turn, options)
          : yield* startLane(context, candidate.lane, options);
      if (turn === undefined) continue;
      turns.push(turn);
      messages += turn.messages.length;
    }
    if (e.concurrent && turns.length < options.limit) yield* wakeForSkipped(context, options);
    return turns;
  };
}

/** The schedule of this conversation begins anew at every run. */
function isolated(key: string): boolean {
  return key.startsWith(`${SCHEDULE_CHANNEL}|isolated|`);
}
