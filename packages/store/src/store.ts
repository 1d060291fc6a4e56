import { type Address, addressKey, type State, type Store, type StoreBatch, type StoreQueries } from "@wxgate/core";
import type { Driver } from "./context.ts";
import { createIds } from "./ids.ts";
import { createLines } from "./lines.ts";
import { createAccept } from "./operations/accept.ts";
import { createAccounts } from "./operations/accounts.ts";
import { createAttempts } from "./operations/attempts.ts";
import { createClaimDeliveries } from "./operations/claim-deliveries.ts";
import { createClaimTurns } from "./operations/claim-turns.ts";
import { createConversationLog } from "./operations/conversation-log.ts";
import { createConversations } from "./operations/conversations.ts";
import { createCursors } from "./operations/cursors.ts";
import { createDeliveries } from "./operations/deliveries.ts";
import { createEvents } from "./operations/events.ts";
import { createFailedTurns } from "./operations/failed-turns.ts";
import { createFind } from "./operations/find.ts";
import { createHistory } from "./operations/history.ts";
import { createLanes } from "./operations/lanes.ts";
import { createLeases } from "./operations/leases.ts";
import { createMedia } from "./operations/media.ts";
import { createMemory } from "./operations/memory.ts";
import { createPrune } from "./operations/prune.ts";
import { createQueries } from "./operations/queries.ts";
import { createQuestions } from "./operations/questions.ts";
import { createQuotaUse } from "./operations/quota-use.ts";
import { createRedrive } from "./operations/redrive.ts";
import { createReplies } from "./operations/replies.ts";
import { createScheduleRuns } from "./operations/schedule-runs.ts";
import { createSchedules } from "./operations/schedules.ts";
import { createStanding } from "./operations/standing.ts";
import { createState } from "./operations/state.ts";
import { createTimeline } from "./operations/timeline.ts";
import { createTurnRows } from "./operations/turn-rows.ts";
import { createTurns } from "./operations/turns.ts";
import { createUnsent } from "./operations/unsent.ts";
import { createWaitingMessages } from "./operations/waiting-messages.ts";
import { createWorkers } from "./operations/workers.ts";
import type { Sealer } from "./sealer.ts";
import type { Sql } from "./sql.ts";

const MEDIA_AT_ONCE = 200;

export interface StoreParts {
  readonly driver: Driver;
  readonly sql: Sql;
  /** What this database's ids carry. */
  readonly tag: string;
  readonly sealer?: Sealer;
}

/** All operations over one driver; which engine it is they do not know. */
export function createStore({ driver, sql, tag, sealer }: StoreParts): Store {
  const ids = createIds(tag);
  const attempts = createAttempts(sql);
  const lanes = createLanes(sql);
  const conversations = createConversations(sql, lanes);
  const accounts = createAccounts(sql);
  const cursors = createCursors(sql);
  const standing = createStanding(sql, ids);
  const replies = createReplies(sql, conversations);
  const events = createEvents(sql, { conversations, lanes });
  const workers = createWorkers(sql, { conversations, lanes, attempts });
  const rows = createTurnRows(sql, { ids, standing });
  const accept = createAccept(sql, { conversations, events, cursors });
  const claimTurns = createClaimTurns(sql, { rows, workers, standing });
  const scheduleRuns = createScheduleRuns(sql);
  const schedules = createSchedules(sql, { conversations, replies, runs: scheduleRuns });
  const memory = createMemory(sql, { ids, lanes });
  const turns = createTurns(sql, { ids, attempts, lanes, replies, conversations, scheduleRuns, memory });
  const questions = createQuestions(sql, { ids, lanes, standing, turns });
  const claimDeliveries = createClaimDeliveries(sql, { conversations, accounts, workers, standing });
  const deliveries = createDeliveries(sql, { attempts, conversations });
  const redrive = createRedrive(sql, conversations);
  const unsent = createUnsent(sql, standing);
  const waiting = createWaitingMessages(sql, { ids, standing });
  const failedTurns = createFailedTurns(sql, ids);
  const state = createState(sql, sealer);
  const leases = createLeases(sql);
  const media = createMedia(sql);
  const history = createHistory(sql, ids);
  const find = createFind(sql, ids);
  const pruneWalks = createPrune(sql, memory);
  const { execute, executeFirst, executeEarly } = driver;
  const inLine = createLines();
  // Side by side, one transaction could overtake another: a person's second message the first.
  const inOrder = <T>(batch: StoreBatch, work: () => Promise<T>) =>
    sql.concurrent ? inLine(conversationsOf(batch), work) : work();

  return {
    accept: (batch) => inOrder(batch, () => executeFirst((context) => accept(context, batch))),
    cursor: (key) => execute(() => cursors.get(key)),
    find: (channel, account, platformId) => execute(() => find(channel, account, platformId)),

    // Lost with the machine, the turn is claimed again: whatever comes of it is stored behind its claim.
    claimTurns: (options) => executeEarly((context) => claimTurns(context, options)),
    saveContent: (claim, messageId, content) => execute(() => turns.saveContent(claim, messageId, content)),
    saveStream: (claim, stream, shown) => execute(() => turns.saveStream(claim, stream, shown)),
    addReply: (claim, ordinal, reply) => execute((context) => turns.addReply(context, claim, ordinal, reply)),
    ask: (claim, ordinal, question, waitMs) =>
      execute((context) => questions.ask(context, claim, ordinal, question, waitMs)),
    answeredTurns: (worker) => execute(() => questions.answered(worker)),
    takeAnswer: (claim, ordinal, close = false) =>
      execute((context) => questions.takeAnswer(context, claim, ordinal, close)),
    completeTurn: (claim, result) => execute((context) => turns.complete(context, claim, result)),
    releaseTurn: (claim, retryInMs, error, options) =>
      execute((context) => turns.release(context, claim, retryInMs, error, options)),
    cancelTurns: (lane) => execute((context) => turns.cancel(context, lane)),
    cancelledTurns: (worker) => execute(() => turns.cancelled(worker)),
    newSession: (lane, claim) => execute((context) => turns.newSession(context, lane, claim)),
    history: (lane, session, limit, options) => execute(() => history(lane, session, limit, options)),
    memory: (lane, session) => execute(() => memory.get(lane, session)),
    saveMemory: (lane, session, remembered, before) =>
      execute((context) => memory.save(context, lane, session, remembered, before)),

    claimDeliveries: (options) => execute((context) => claimDeliveries(context, options)),
    stageDelivery: (claim, staged, note) => execute((context) => deliveries.stage(context, claim, staged, note)),
    completeDelivery: (claim, receipt) => execute((context) => deliveries.complete(context, claim, receipt)),
    retryDelivery: (claim, retryInMs, error, options) =>
      execute((context) => deliveries.retry(context, claim, retryInMs, error, options)),
    deferDelivery: (claim, reason) => execute((context) => deliveries.defer(context, claim, reason)),
    failDelivery: (claim, error) => execute((context) => deliveries.fail(context, claim, error)),
    expireDeferred: (deferMs) => execute((context) => deliveries.expireDeferred(context, deferMs)),
    enqueue: (to, reply, options) => execute((context) => replies.enqueue(context, to, reply, options)),
    redriveDelivery: (id) => execute((context) => redrive.redrive(context, id)),
    waitingMessages: (channel, since) => execute(() => waiting.since(channel, since)),
    saveWaiting: (messageId, content) => execute(() => waiting.save(messageId, content)),
    unsentDelivery: (id) => execute(() => unsent(id)),
    discardDelivery: (id) => execute((context) => redrive.discard(context, id)),
    redriveTurn: (id) => execute((context) => failedTurns.redrive(context, id)),
    // What is not on the disk yet counts as well: whatever is made of it is stored behind it.
    quota: (to) => executeEarly(() => standing.quota(to)),

    pauseAccount: (channel, account, error, until) =>
      execute((context) => accounts.pause(context, { channel, account }, error, until)),
    resumeAccount: (channel, account) => execute((context) => accounts.resume(context, { channel, account })),
    pausedAccounts: () => execute((context) => accounts.paused(context)),
    setServedBy: (conversation: Address, servedBy) =>
      execute(function* (context) {
        const { id } = yield* conversations.ensure(context, conversation);
        yield* conversations.setServedBy(context, id, servedBy);
      }),
    servedBy: (conversation: Address) =>
      execute(function* () {
        return (yield* conversations.find(conversation))?.served_by === "human" ? "human" : "bot";
      }),

    state: (channel): State => ({
      get: (key) => execute((context) => state.get(context, channel, key)),
      set: (key, value, options) => execute((context) => state.set(context, channel, key, value, options)),
      compareAndSet: (key, expected, value, options) =>
        execute((context) => state.compareAndSet(context, channel, key, expected, value, options)),
      delete: (key) => execute(() => state.delete(channel, key)),
      list: (prefix) => execute((context) => state.list(context, channel, prefix)),
    }),
    acquireLease: (key, owner, ttlMs) => execute((context) => leases.acquire(context, key, owner, ttlMs)),
    releaseLease: (key, owner) => execute(() => leases.release(key, owner)),
    heartbeat: (worker, ttlMs) => execute((context) => workers.heartbeat(context, worker, ttlMs)),
    releaseWorker: (worker) => execute((context) => workers.release(context, worker)),

    query: createStoreQueries(driver, sql, tag),
    media: {
      put: (row) => execute(() => media.put(row)),
      get: (id) => execute(() => media.get(id)),
      expired: (before, limit) => execute(() => media.expired(before, limit ?? MEDIA_AT_ONCE)),
      remove: (id) => execute(() => media.remove(id)),
      uses: (sha256) => execute(() => media.uses(sha256)),
    },
    schedules: {
      add: (id, fields, nextAt, createdBy) =>
        execute((context) => schedules.add(context, id, fields, nextAt, createdBy)),
      get: (id) => execute(() => schedules.get(id)),
      list: () => execute(() => schedules.list()),
      update: (id, version, fields, nextAt) =>
        execute((context) => schedules.update(context, id, version, fields, nextAt)),
      remove: (id) => execute(() => schedules.remove(id)),
      due: (limit) => execute((context) => schedules.due(context, limit)),
      fire: (firing) => execute((context) => schedules.fire(context, firing)),
      run: (id) => execute(() => scheduleRuns.get(id)),
      runs: (scheduleId, page) => execute(() => scheduleRuns.list(scheduleId, page)),
    },

    onWake: driver.onWake,
    async prune(keepMs) {
      for (const walk of pruneWalks) {
        let after: number | undefined = 0;
        // A transaction each, so that others get their turn between them.
        while (after !== undefined) {
          const from: number = after;
          after = await execute((context) => walk(context, from, keepMs));
        }
      }
    },
    close: () => driver.close(),
  };
}

function createStoreQueries({ execute }: Driver, sql: Sql, tag: string): StoreQueries {
  const ids = createIds(tag);
  const queries = createQueries(sql, ids);
  const quotaUse = createQuotaUse(sql);
  const messages = createConversationLog(sql, ids);
  const timeline = createTimeline(sql, ids);
  const failedTurns = createFailedTurns(sql, ids);
  return {
    conversations: (page) => execute(() => queries.conversations(page)),
    conversation: (id) => execute(() => queries.conversation(id)),
    messages: (conversationId, page) => execute(() => messages(conversationId, page)),
    timeline: (id) => execute(() => timeline(id)),
    deliveries: (page) => execute(() => queries.deliveries(page)),
    delivery: (id) => execute(() => queries.delivery(id)),
    failedTurns: (page) => execute(() => failedTurns.list(page)),
    events: (page) => execute(() => queries.events(page)),
    audit: (page) => execute(() => queries.audit(page)),
    appendAudit: (entry) => execute((context) => queries.appendAudit(context, entry)),
    knownPeers: (channel, peer, options) => execute(() => queries.knownPeers(channel, peer, options)),
    quotaUse: (channel, policy) => execute((context) => quotaUse(context, channel, policy)),
    counts: () => execute(() => queries.counts()),
  };
}

function conversationsOf({ messages, events }: StoreBatch): ReadonlySet<string> {
  return new Set([...messages.map(({ message }) => message), ...events].map(({ from }) => addressKey(from)));
}
