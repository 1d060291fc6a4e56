import {
  type ClaimedDelivery,
  type ClaimedTurn,
  SCHEDULE_CHANNEL,
  type ScheduleTarget,
  StaleClaimError,
  type Wake,
} from "@wxgate/core";
import { createAnswerDesk } from "./answer-desk.ts";
import type { TurnRun } from "./answering.ts";
import { createClaims, POLL_MS } from "./claims.ts";
import { workDelivery } from "./delivery.ts";
import { describeError } from "./describe-error.ts";
import { every } from "./every.ts";
import { createHeartbeat, HEARTBEAT_MS } from "./heartbeat.ts";
import { createPermissions, type PermissionRequest, type Permissions } from "./permissions.ts";
import type { resolveTarget } from "./resolve-target.ts";
import { TurnStopped } from "./run-agent.ts";
import { Running } from "./running.ts";
import { workScheduledTurn } from "./schedules/answer.ts";
import type { DispatcherPorts, DispatcherSettings } from "./settings.ts";
import type { Stop } from "./stop.ts";
import { workTurn } from "./turn.ts";
import type { WaitingSigns } from "./waiting-signs.ts";
import { createWorkerPool } from "./worker-pool.ts";

const HOUSEKEEPING_MS = 60_000;

/** Those who do the work: claim turns and deliveries, and keep the claims alive. */
export interface Workers {
  /** What agents may do only if the operator lets them. */
  readonly permissions: Permissions;
  /** Looks for work now. */
  wake(): void;
  /** Tells the store that this gateway works now. @throws what the store does */
  join(): Promise<void>;
  /** Works until the signal fires, then lets what runs finish for `graceMs` and gives the rest back. */
  run(signal: AbortSignal, graceMs: number): Promise<void>;
}

export interface WorkersOptions extends Pick<TurnRun, "pairing" | "skills" | "memory"> {
  readonly ports: DispatcherPorts;
  readonly settings: () => DispatcherSettings;
  /** The accounts of a channel whose connection is here. */
  readonly held: (channel: string) => ReadonlySet<string>;
  readonly waitingSigns: Pick<WaitingSigns, "taken">;
  readonly scheduleTarget: (target: ScheduleTarget) => ReturnType<typeof resolveTarget>;
}

export function createWorkers(options: WorkersOptions): Workers {
  const { ports, settings, held, pairing, skills, memory, waitingSigns, scheduleTarget } = options;
  const { store, clock, log, worker } = ports;
  const startedAt = clock.now();
  const runningTurns = new Running<{ readonly id: string; readonly stop: Stop }>();
  const heartbeat = createHeartbeat(store, clock, worker);
  const claims = createClaims({ ports, settings, held, heartbeat });
  const desk = createAnswerDesk({ store, clock, log, worker, onRest: () => turns.wake() });
  const permissions = createPermissions({
    store,
    clock,
    onAsked: observePermission,
    onRest: () => turns.wake(),
    keeps: (reason) => reason instanceof TurnStopped && reason.why !== "cancelled",
  });
  const turns = createWorkerPool<ClaimedTurn>({
    claim: claims.turns,
    work: doTurn,
    shutdown: new TurnStopped("shutdown"),
    concurrency: () => settings().concurrency + desk.waiting() + permissions.waiting(),
    clock,
    pollMs: POLL_MS,
    onClaimFailed: (error) => log.error({ error: describeError(error) }, "turns could not be claimed"),
  });
  const deliveries = createWorkerPool<ClaimedDelivery>({
    claim: claims.deliveries,
    work: doDelivery,
    shutdown: new Error("the gateway is stopping"),
    concurrency: () => settings().concurrency,
    clock,
    pollMs: POLL_MS,
    onClaimFailed: (error) => log.error({ error: describeError(error) }, "deliveries could not be claimed"),
  });

  function observePermission({ conversation: { channel, account, peer }, turn, agent }: PermissionRequest): void {
    ports.observe?.({ kind: "permission-requested", channel, account, peer, id: turn, agent });
  }

  function stopTurns(turnIds: readonly string[]): void {
    for (const { id, stop } of runningTurns) if (turnIds.includes(id)) stop.abort(new TurnStopped("cancelled"));
  }

  async function doTurn(turn: ClaimedTurn, stop: Stop): Promise<void> {
    const leave = runningTurns.add({ id: turn.id, stop });
    for (const { message } of turn.messages) waitingSigns.taken(message);
    const known = { ports, settings: settings(), memory, permissions, startedAt };
    try {
      if (turn.conversation.channel === SCHEDULE_CHANNEL) {
        await workScheduledTurn(turn, { ...known, target: scheduleTarget }, stop.signal);
      } else {
        await workTurn(turn, { ...known, pairing, desk, skills, stopTurns }, stop);
      }
    } catch (error) {
      reportLost("turn", turn.id, error);
    } finally {
      leave();
    }
  }

  async function doDelivery(delivery: ClaimedDelivery, stop: Stop): Promise<void> {
    const mayStillSend = heartbeat.holds();
    try {
      await workDelivery(delivery, { ports, settings: settings(), mayStillSend }, stop.signal);
    } catch (error) {
      reportLost("delivery", delivery.id, error);
    }
  }

  /** The claim was taken over, or the store failed: either way the row is claimed again by whoever may. */
  function reportLost(what: string, id: string, error: unknown): void {
    if (error instanceof StaleClaimError) log.warn({ [what]: id }, `${what} was taken over by another gateway`);
    else
      log.error({ [what]: id, error: describeError(error) }, `${what} could not be finished, it will be claimed again`);
  }

  async function renewClaims(): Promise<void> {
    await heartbeat.renew();
    if (runningTurns.size > 0) stopTurns(await store.cancelledTurns(worker));
  }

  function onWake(wake: Wake): void {
    if (wake === "turns") turns.wake();
    else if (wake === "deliveries") deliveries.wake();
    else {
      store
        .cancelledTurns(worker)
        .then(stopTurns, (error: unknown) =>
          log.error({ error: describeError(error) }, "cancelled turns could not be read"),
        );
    }
  }

  /** Claims are kept alive until the last turn has ended, not until the signal fires. */
  function keepAlive(signal: AbortSignal): Promise<unknown> {
    const expire = async () => {
      await store.expireDeferred(settings().deferHours * 3_600_000);
    };
    return Promise.all([
      every(HEARTBEAT_MS, "renewing the claims", renewClaims, ports, signal),
      every(HOUSEKEEPING_MS, "expiring deferred deliveries", expire, ports, signal),
    ]);
  }

  async function run(signal: AbortSignal, graceMs: number): Promise<void> {
    const offWake = store.onWake(onWake);
    signal.addEventListener("abort", desk.close, { once: true });
    const over = new AbortController();
    const alive = keepAlive(over.signal);
    try {
      // The replies of turns that end in time are sent, too.
      const turnsEnded = new AbortController();
      await Promise.all([
        turns.run(signal, graceMs).finally(() => turnsEnded.abort()),
        deliveries.run(turnsEnded.signal, graceMs, { drain: true }),
      ]);
    } finally {
      over.abort();
      await alive;
      offWake();
    }
  }

  return {
    permissions,
    join: renewClaims,
    wake() {
      turns.wake();
      deliveries.wake();
    },
    run,
  };
}
