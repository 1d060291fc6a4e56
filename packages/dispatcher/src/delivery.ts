import {
  AuthenticationError,
  type Channel,
  ChannelError,
  type ClaimedDelivery,
  type DeliveryNote,
  type Piece,
  ProtocolError,
  RejectedError,
  StaleClaimError,
  TransientError,
} from "@wxgate/core";
import { describeError } from "./describe-error.ts";
import { sendByFallback } from "./fallback.ts";
import { backoffMs, waitOf } from "./retry.ts";
import type { Observation } from "./settings.ts";
import { closeUnsent, deliveryTarget, type UnsentRun } from "./unsent.ts";

const BACKOFF = { firstMs: 1_000, longestMs: 300_000 };
/** An error that is not one of the four is our bug; it is tried this often and then shown as dead. */
const BUG_ATTEMPTS = 5;
/** How long an account, or a conversation, rests when only the operator can help. */
const PAUSE_MS = 5 * 60_000;

export interface DeliveryRun extends UnsentRun {
  /** False once this process could not renew its claims for too long: another may hold this delivery. */
  mayStillSend(): boolean;
}

/** Stages and sends one claimed delivery and stores how it went. Rejects only when the claim is lost. */
export async function workDelivery(delivery: ClaimedDelivery, run: DeliveryRun, abort: AbortSignal): Promise<void> {
  const { store, observe, clock } = run.ports;
  const channel = run.settings.channels.get(delivery.conversation.channel)?.channel;
  if (channel === undefined) {
    const error = { code: "channel.gone", message: `channel "${delivery.conversation.channel}" is not configured` };
    return store.retryDelivery(delivery.claim, BACKOFF.longestMs, error, { keepAttempt: true, unsent: true });
  }
  const startedAt = clock.now();
  let tried = false;
  try {
    const { piece, note } = await stage(delivery, channel, run, abort);
    if (abort.aborted || !run.mayStillSend()) return await giveBack(delivery, run, abort);
    tried = true;
    const receipt = await channel.send(
      {
        ...deliveryTarget(delivery),
        id: delivery.id,
        replyId: delivery.replyId,
        piece,
        attempt: delivery.attempt,
        ...(note === undefined ? {} : { note }),
        ...(delivery.stream === undefined ? {} : { stream: delivery.stream }),
        ...(delivery.waitedForHuman && { waitedForHuman: true }),
      },
      abort,
    );
    await store.completeDelivery(delivery.claim, receipt);
    observe?.({
      ...observed(delivery),
      kind: "delivery-sent",
      durationMs: clock.now() - startedAt,
      sinceStoredMs: clock.now() - delivery.createdAt,
    });
  } catch (error) {
    if (error instanceof StaleClaimError) throw error;
    if (abort.aborted && !tried) return await giveBack(delivery, run, abort);
    await settleFailure(delivery, error, run);
  }
}

/** The staged piece and its note are stored before the first attempt, so that a repeat sends the same bytes. */
async function stage(
  delivery: ClaimedDelivery,
  channel: Channel,
  { ports }: DeliveryRun,
  abort: AbortSignal,
): Promise<{ piece: Piece; note: DeliveryNote | undefined }> {
  const fresh = delivery.attempt === 1 || !delivery.staged;
  const note = fresh && delivery.sendsLeft === 0 && delivery.moreWaiting ? "more-waits" : delivery.note;
  if (delivery.staged) return { piece: delivery.piece, note };
  if (channel.stage === undefined && note === undefined) return { piece: delivery.piece, note };
  const piece =
    channel.stage === undefined ? delivery.piece : await channel.stage(delivery.piece, deliveryTarget(delivery), abort);
  if (piece !== delivery.piece || note !== delivery.note) await ports.store.stageDelivery(delivery.claim, piece, note);
  return { piece, note };
}

async function giveBack(delivery: ClaimedDelivery, { ports }: DeliveryRun, abort: AbortSignal): Promise<void> {
  const error = abort.aborted
    ? { code: "gateway.stopping", message: "the gateway stopped before this was sent" }
    : { code: "gateway.paused", message: "this gateway stood still before it sent this; another may have taken over" };
  await ports.store.retryDelivery(delivery.claim, 0, error, { keepAttempt: true, unsent: true });
}

async function settleFailure(delivery: ClaimedDelivery, error: unknown, run: DeliveryRun): Promise<void> {
  const { store, log, random, clock, observe } = run.ports;
  const stored = describeError(error);
  log.warn({ delivery: delivery.id, attempt: delivery.attempt, error: stored }, "delivery failed");
  if (await sendByFallback(delivery, error, run)) return;

  const final = error instanceof RejectedError || error instanceof ProtocolError;
  const bug = !(error instanceof ChannelError) && delivery.attempt >= BUG_ATTEMPTS;
  const tooOld = clock.now() - delivery.createdAt > run.settings.deferHours * 3_600_000;
  if (final || bug || tooOld) {
    await closeUnsent(delivery, run);
    await store.failDelivery(delivery.claim, stored);
    observe?.({ ...observed(delivery), kind: "delivery-dead", error: stored });
    return;
  }
  if (error instanceof AuthenticationError && error.scope === "account") {
    const { channel, account } = delivery.conversation;
    await store.pauseAccount(channel, account, stored, clock.now() + PAUSE_MS);
    await store.retryDelivery(delivery.claim, 0, stored, { keepAttempt: true, unsent: true });
    observe?.({ ...observed(delivery), kind: "account-paused", error: stored });
    return;
  }
  if (error instanceof AuthenticationError) {
    await store.retryDelivery(delivery.claim, PAUSE_MS, stored, { keepAttempt: true, unsent: true });
    observe?.({ ...observed(delivery), kind: "delivery-retried", error: stored });
    return;
  }
  if (error instanceof TransientError && error.restage) await store.stageDelivery(delivery.claim, undefined);
  if (error instanceof TransientError && typeof error.until === "string") {
    await store.deferDelivery(delivery.claim, { until: error.until, error: stored });
    observe?.({ ...observed(delivery), kind: "delivery-deferred", error: stored });
    return;
  }
  const unsent = error instanceof TransientError && error.sent === "no";
  const waitMs = waitOf(error, clock.now()) ?? backoffMs(delivery.attempt, BACKOFF, random);
  await store.retryDelivery(delivery.claim, waitMs, stored, { unsent });
  observe?.({ ...observed(delivery), kind: "delivery-retried", error: stored });
}

function observed(delivery: ClaimedDelivery): Omit<Observation, "kind"> {
  const { channel, account, peer } = delivery.conversation;
  return { channel, account, peer, id: delivery.id, attempt: delivery.attempt };
}
