import {
  type ChannelPorts,
  type InboundEvent,
  type InboundMessage,
  type JsonObject,
  TransientError,
} from "@wxgate/core";
import { hasErrcode } from "@wxgate/wecom-api";
import type { Accounts } from "./accounts.ts";
import type { KfApi } from "./api.ts";
import type { KfConfig } from "./config.ts";
import type { Customers } from "./customers.ts";
import { CLOCK_SLACK_MS } from "./discovery.ts";
import { ERR_MSG_TOKEN } from "./errors.ts";
import { type Parsed, parseItem } from "./parse.ts";
import type { Trigger } from "./pulls.ts";
import { lastServingEvents, splitSegments, toBatch, withName } from "./segments.ts";
import type { Sessions } from "./sessions.ts";
import type { SyncPage } from "./wire.ts";

const HOUR_MS = 3_600_000;
/** A server that says "more" and does not move is asked again later, not for ever. */
const STUCK_PAGES = 3;
const STUCK_WAIT_MS = 30_000;

export interface AnswerableEvent {
  readonly event: InboundEvent;
  readonly answerCode: string;
}

interface SyncOptions {
  readonly channel: string;
  readonly config: Pick<KfConfig, "backfill" | "maxMessageAgeHours" | "voiceFormat">;
  readonly api: Pick<KfApi, "syncMessages">;
  readonly accounts: Accounts;
  readonly customers: Customers;
  readonly sessions: Sessions;
  readonly ports: Pick<ChannelPorts, "inbox" | "clock" | "log">;
  /** Answers an event that was not known before. Runs beside the pull; never throws. */
  onAnswerable(answerable: AnswerableEvent): Promise<void>;
}

export type Pull = (openKfId: string, trigger: Trigger, signal: AbortSignal) => Promise<void>;

/** Pulls everything the platform has for an account, page by page; the cursor moves with the messages or not at all. */
export function createPull(options: SyncOptions): Pull {
  const { api, accounts, ports, config } = options;
  const { inbox, log } = ports;

  return async function pull(openKfId, { token, rungAt }, signal) {
    // A callback is a sign of life, also of an account nobody has told us of.
    if (rungAt !== undefined) await accounts.meet(openKfId, Math.min(rungAt, ports.clock.now()) - CLOCK_SLACK_MS);
    const key = cursorKey(openKfId);
    let pageToken = token;
    let stuck = 0;
    for (;;) {
      signal.throwIfAborted();
      // Read each time: another gateway may have come further meanwhile.
      const cursor = await inbox.cursor(key);
      const page = await fetchPage({ openKfId, cursor, token: pageToken }, signal);
      pageToken = page.token;
      const moved = page.nextCursor !== undefined && page.nextCursor !== cursor;
      await acceptPage(
        openKfId,
        page,
        moved ? { key, value: page.nextCursor, after: cursor ?? "" } : undefined,
        signal,
      );
      if (!page.hasMore) return;
      stuck = moved ? 0 : stuck + 1;
      if (stuck >= STUCK_PAGES) throw stuckError(openKfId, ports.clock.now());
    }
  };

  /** The page, and the callback token if it still serves. */
  async function fetchPage(
    { openKfId, cursor, token }: { openKfId: string; cursor: string | undefined; token: string | undefined },
    signal: AbortSignal,
  ): Promise<SyncPage & { token: string | undefined }> {
    const request = {
      open_kfid: openKfId,
      limit: 1000,
      voice_format: config.voiceFormat === "silk" ? (1 as const) : (0 as const),
      ...(cursor === undefined ? {} : { cursor }),
    };
    if (token === undefined) return { ...(await api.syncMessages(request, signal)), token };
    try {
      return { ...(await api.syncMessages({ ...request, token }, signal)), token };
    } catch (error) {
      if (!hasErrcode(error, ERR_MSG_TOKEN)) throw error;
      log.debug({ account: openKfId }, "the callback token is over, pulling without it");
      return { ...(await api.syncMessages(request, signal)), token: undefined };
    }
  }

  async function acceptPage(
    openKfId: string,
    page: SyncPage,
    cursor: CursorStep | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const parsed = page.items.map((item: JsonObject) =>
      parseItem(item, { channel: options.channel, account: openKfId }),
    );
    const live = liveMessages(openKfId, parsed);
    const [names] = await Promise.all([
      options.customers.lookUp(openKfId, peopleOf(live, parsed), signal),
      options.sessions.recheck(openKfId, live, signal),
    ]);
    const named = parsed.map((item) => withName(item, names));
    // Before they are stored: a repeated page finds no fresh events any more.
    for (const event of lastServingEvents(named)) await options.sessions.note(event);
    const fresh = await acceptInOrder(named, new Set(live.map(({ id }) => id)), cursor);
    await afterAccept(openKfId, named, fresh);
  }

  /** Messages an agent may answer: since our first contact with the account, and young enough. */
  function liveMessages(openKfId: string, parsed: readonly Parsed[]): readonly InboundMessage[] {
    const liveFrom = config.backfill ? 0 : (accounts.get(openKfId)?.liveFrom ?? 0);
    const youngFrom = ports.clock.now() - config.maxMessageAgeHours * HOUR_MS;
    const messages = parsed.filter((item) => item.kind === "message").map(({ message }) => message);
    const live = messages.filter(({ sentAt }) => sentAt.getTime() >= Math.max(liveFrom, youngFrom));
    const tooOld = messages.filter(({ sentAt }) => sentAt.getTime() >= liveFrom && sentAt.getTime() < youngFrom).length;
    if (tooOld > 0) log.warn({ account: openKfId, messages: tooOld }, "messages too old to answer, kept as history");
    const before = messages.length - live.length - tooOld;
    if (before > 0)
      log.info({ account: openKfId, messages: before }, "messages from before the first contact, kept as history");
    return live;
  }

  /** In one transaction, or in few where the order matters (`splitSegments`); the cursor moves in the last. */
  async function acceptInOrder(
    parsed: readonly Parsed[],
    live: ReadonlySet<string>,
    cursor: CursorStep | undefined,
  ): Promise<ReadonlySet<string>> {
    const fresh = new Set<string>();
    const segments = splitSegments(parsed);
    for (const [index, segment] of segments.entries()) {
      const isLast = index === segments.length - 1;
      const batch = toBatch(segment, live);
      const accepted = await inbox.accept({ ...batch, ...(isLast && cursor !== undefined ? { cursor } : {}) });
      for (const id of accepted.fresh) fresh.add(id);
    }
    if (segments.length === 0 && cursor !== undefined) await inbox.accept({ messages: [], cursor });
    return fresh;
  }

  async function afterAccept(openKfId: string, parsed: readonly Parsed[], fresh: ReadonlySet<string>): Promise<void> {
    for (const item of parsed) {
      if (item.kind !== "event" || !fresh.has(item.event.id)) continue;
      if (item.answerCode !== undefined) void options.onAnswerable({ event: item.event, answerCode: item.answerCode });
      if (item.accountGone) await accounts.drop(openKfId, "deleted");
    }
  }
}

interface CursorStep {
  readonly key: string;
  readonly value: string;
  readonly after: string;
}
function cursorKey(openKfId: string): string {
  return `sync:${openKfId}`;
}

/** Whose names are wanted now: those who will be answered. */
function peopleOf(live: readonly InboundMessage[], parsed: readonly Parsed[]): readonly string[] {
  const entered = parsed.flatMap((item) =>
    item.kind === "event" && item.event.kind === "entered" ? [item.event] : [],
  );
  return [...live, ...entered].map(({ from }) => from.peer);
}

function stuckError(openKfId: string, now: number): TransientError {
  return new TransientError(
    `sync_msg of ${openKfId} says that there is more, ${STUCK_PAGES} times without moving its cursor`,
    { code: "kf.sync-stuck", until: { at: new Date(now + STUCK_WAIT_MS) } },
  );
}
