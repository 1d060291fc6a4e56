import {
  type Address,
  type ChannelPorts,
  type ClaimedDelivery,
  type ClaimedTurn,
  type Inbox,
  type OutboundContent,
  RejectedError,
  type ReplyPolicy,
  SCHEDULE_CHANNEL,
  type ScheduleTarget,
  StaleClaimError,
  type WorkerOptions,
} from "@wxgate/core";
import { isIgnored } from "./access.ts";
import { createAnswerDesk } from "./answer-desk.ts";
import { workDelivery } from "./delivery.ts";
import { describeError } from "./describe-error.ts";
import { createHeartbeat, HEARTBEAT_MS } from "./heartbeat.ts";
import { createInbox } from "./inbox.ts";
import { instantAnswer } from "./instant.ts";
import { createSameConversation } from "./known-person.ts";
import { createMediaAhead } from "./media-ahead.ts";
import { createMemoryKeeper } from "./memory.ts";
import { own } from "./own.ts";
import { createPairing } from "./pairing.ts";
import { createPairingDesk, type PairingDesk } from "./pairing-desk.ts";
import { createPermissions, type PermissionRequest, type Permissions } from "./permissions.ts";
import { prepareReply } from "./prepare-reply.ts";
import { resolveTarget } from "./resolve-target.ts";
import { TurnStopped } from "./run-agent.ts";
import { workScheduledTurn } from "./schedules/answer.ts";
import { createScheduleDesk, type ScheduleDesk } from "./schedules/desk.ts";
import { type DispatcherPorts, type DispatcherSettings, UNCONFIGURED } from "./settings.ts";
import { createSkillChoice } from "./skills.ts";
import { workTurn } from "./turn.ts";
import { discard } from "./unsent.ts";
import { createWaitingSigns } from "./waiting-signs.ts";
import { createWorkerPool } from "./worker-pool.ts";

const POLL_MS = 250;
const HOUSEKEEPING_MS = 60_000;
/** How late a schedule may fire. */
const SCHEDULES_MS = 1_000;

export interface Dispatcher {
  /** The inbox of one channel: routes, stores, wakes the workers. */
  inbox(channel: string): Inbox;
  /** `ChannelPorts.instant` of one channel. */
  instant(channel: string): ChannelPorts["instant"];
  /** `ChannelPorts.own` of one channel. */
  own(channel: string): ChannelPorts["own"];
  /** Where a target string leads: in the channel, else in its `fallback`. @throws RejectedError of the channel. */
  target(channel: string, text: string): Promise<Address>;
  /** Queues a message nobody asked for; the ids of its deliveries. */
  send(to: Address, content: readonly OutboundContent[], source: string): Promise<readonly string[]>;
  /** Gives up a delivery that waits or is dead; false when it is being sent, or was. */
  discard(id: string): Promise<boolean>;
  /** Who asked to be let in, and who was; approvals and rejections are told to the person. */
  readonly pairing: PairingDesk;
  /** What agents may do only if the operator lets them. */
  readonly permissions: PermissionDesk;
  /** What is sent or asked at fixed times. */
  readonly schedules: ScheduleDesk;
  /** Takes new settings; turns and deliveries under way end with the old ones. */
  configure(settings: DispatcherSettings): void;
  /** Works until the signal fires, then lets what runs finish for `graceMs` and gives the rest back. */
  run(signal: AbortSignal, graceMs: number): Promise<void>;
}

export type PermissionDesk = Pick<Permissions, "requests" | "decide">;

export function createDispatcher(ports: DispatcherPorts): Dispatcher {
  const { store, clock, random, log, worker } = ports;
  let settings: DispatcherSettings = UNCONFIGURED;
  const runningTurns = new Map<string, AbortController>();
  const heldAccounts = new Map<string, Set<string>>();
  const startedAt = clock.now();
  const heartbeat = createHeartbeat(store, clock, worker);
  let lookedForScheduledAt = 0;
  const memory = createMemoryKeeper({ store, clock, log, agents: () => settings.agents });
  const pairing = createPairing({
    store,
    clock,
    random,
    log,
    channel: (id) => settings.channels.get(id)?.channel,
  });

  const skills = createSkillChoice({ store, clock });
  const mediaAhead = createMediaAhead({ ports, pairing, channel: (id) => settings.channels.get(id) });
  const waitingSigns = createWaitingSigns({ ports, pairing, channel: (id) => settings.channels.get(id) });
  const desk = createAnswerDesk({ store, clock, log, worker, onRest: () => turns.wake() });

  const permissions = createPermissions({
    store,
    clock,
    onAsked: observePermission,
    onRest: () => turns.wake(),
    keeps: (reason) => reason instanceof TurnStopped && reason.why !== "cancelled",
  });

  const scheduleTarget = ({ channel, target }: ScheduleTarget) => resolveTarget({ store, settings }, channel, target);
  const schedules = createScheduleDesk({ ports, settings: () => settings, target: scheduleTarget });

  function observePermission({ conversation: { channel, account, peer }, turn, agent }: PermissionRequest): void {
    ports.observe?.({ kind: "permission-requested", channel, account, peer, id: turn, agent });
  }

  function stopTurns(turnIds: readonly string[]): void {
    for (const id of turnIds) runningTurns.get(id)?.abort(new TurnStopped("cancelled"));
  }

  function workerOptions(limit: number): WorkerOptions & { readonly policies: ReadonlyMap<string, ReplyPolicy> } {
    const tied = new Map<string, ReadonlySet<string>>();
    for (const [id, { channel }] of settings.channels) {
      if (channel.tied === true) tied.set(id, heldAccounts.get(id) ?? new Set());
    }
    const channels = [...settings.channels.keys()];
    return { worker, limit, channels, policies: policiesOf(settings), ...(tied.size === 0 ? {} : { tied }) };
  }

  async function doTurn(turn: ClaimedTurn, abort: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const onShutdown = () => stop.abort(new TurnStopped("shutdown"));
    abort.addEventListener("abort", onShutdown, { once: true });
    runningTurns.set(turn.id, stop);
    for (const { message } of turn.messages) waitingSigns.taken(message);
    try {
      if (turn.conversation.channel === SCHEDULE_CHANNEL) {
        await workScheduledTurn(
          turn,
          { ports, settings, memory, permissions, startedAt, target: scheduleTarget },
          stop.signal,
        );
      } else {
        const run = { ports, settings, pairing, memory, desk, permissions, skills, startedAt, stopTurns };
        await workTurn(turn, run, stop.signal);
      }
    } catch (error) {
      reportLost("turn", turn.id, error);
    } finally {
      runningTurns.delete(turn.id);
      abort.removeEventListener("abort", onShutdown);
    }
  }

  async function doDelivery(delivery: ClaimedDelivery, abort: AbortSignal): Promise<void> {
    const mayStillSend = heartbeat.holds();
    await workDelivery(delivery, { ports, settings, mayStillSend }, abort).catch((error: unknown) => {
      reportLost("delivery", delivery.id, error);
    });
  }

  /** The claim was taken over, or the store failed: either way the row is claimed again by whoever may. */
  function reportLost(what: string, id: string, error: unknown): void {
    if (error instanceof StaleClaimError) log.warn({ [what]: id }, `${what} was taken over by another gateway`);
    else
      log.error({ [what]: id, error: describeError(error) }, `${what} could not be finished, it will be claimed again`);
  }

  const turns = createWorkerPool<ClaimedTurn>({
    claim(limit) {
      const options = workerOptions(limit);
      // Under load claims follow each other at once; for what schedules ask, now and then is often enough.
      if (clock.now() - lookedForScheduledAt < POLL_MS) return store.claimTurns(options);
      lookedForScheduledAt = clock.now();
      return store.claimTurns({ ...options, channels: [...options.channels, SCHEDULE_CHANNEL] });
    },
    work: doTurn,
    concurrency: () => settings.concurrency + desk.waiting() + permissions.waiting(),
    clock,
    pollMs: POLL_MS,
    onClaimFailed: (error) => log.error({ error: describeError(error) }, "turns could not be claimed"),
  });
  const deliveries = createWorkerPool<ClaimedDelivery>({
    async claim(limit) {
      if (settings.channels.size === 0) return [];
      // After a pause, as of a machine that slept: what could not be sent would be claimed and given back time after time.
      await heartbeat.revive();
      return store.claimDeliveries(workerOptions(limit));
    },
    work: doDelivery,
    concurrency: () => settings.concurrency,
    clock,
    pollMs: POLL_MS,
    onClaimFailed: (error) => log.error({ error: describeError(error) }, "deliveries could not be claimed"),
  });

  async function every(ms: number, what: string, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await work().catch((error: unknown) => log.error({ error: describeError(error) }, `${what} failed`));
      await clock.sleep(ms, signal).catch(() => {
        // The loop looks at its signal.
      });
    }
  }

  async function renewClaims(): Promise<void> {
    await heartbeat.renew();
    if (runningTurns.size > 0) stopTurns(await store.cancelledTurns(worker));
  }

  async function run(signal: AbortSignal, graceMs: number): Promise<void> {
    await renewClaims();
    void mediaAhead.resume(settings.channels.keys()).catch((error: unknown) => {
      log.warn({ error: describeError(error) }, "messages that wait with files could not be read");
    });
    const offWake = store.onWake((wake) => {
      if (wake === "turns") turns.wake();
      else if (wake === "deliveries") deliveries.wake();
      else
        store
          .cancelledTurns(worker)
          .then(stopTurns, (error: unknown) =>
            log.error({ error: describeError(error) }, "cancelled turns could not be read"),
          );
    });
    signal.addEventListener("abort", desk.close, { once: true });
    const firing = every(SCHEDULES_MS, "firing schedules", () => schedules.fireDue(signal), signal);
    // Claims are kept alive until the last turn has ended, not until the signal fires.
    const over = new AbortController();
    const background = Promise.all([
      every(HEARTBEAT_MS, "renewing the claims", renewClaims, over.signal),
      every(
        HOUSEKEEPING_MS,
        "expiring deferred deliveries",
        async () => {
          await store.expireDeferred(settings.deferHours * 3_600_000);
        },
        over.signal,
      ),
    ]);
    try {
      // The replies of turns that end in time are sent, too.
      const turnsEnded = new AbortController();
      await Promise.all([
        turns.run(signal, graceMs).finally(() => turnsEnded.abort()),
        deliveries.run(turnsEnded.signal, graceMs, { drain: true }),
      ]);
    } finally {
      over.abort();
      await Promise.all([background, firing, memory.close(), mediaAhead.close(), waitingSigns.close()]);
      offWake();
      await store.releaseWorker(worker);
    }
  }

  async function send(to: Address, content: readonly OutboundContent[], source: string): Promise<readonly string[]> {
    const entry = settings.channels.get(to.channel);
    if (entry === undefined) {
      throw new RejectedError(`no channel is called "${to.channel}"`, { code: "send.unknown-channel" });
    }
    for (const part of content) entry.channel.check?.(part);
    const reply = prepareReply(content, {
      channel: entry.channel,
      to,
      longReply: entry.longReply ?? settings.longReply,
      quota: await store.quota(to),
      random,
    });
    if (reply === undefined) throw new RejectedError("there is nothing to send", { code: "send.empty" });
    await store.enqueue(to, reply, { source });
    return reply.deliveries.map(({ id }) => id);
  }

  const inSameConversation = createSameConversation(store);

  return {
    inbox: (channel) =>
      createInbox({
        channel,
        store,
        inSameConversation,
        settings() {
          const entry = settings.channels.get(channel);
          return entry && { ...entry, bindings: settings.bindings };
        },
        mediaGraceMs: () => settings.mediaGraceMs,
        isIgnored(message) {
          const entry = settings.channels.get(channel);
          return entry !== undefined && isIgnored(entry, message);
        },
        observe: (observation) => ports.observe?.(observation),
        onStored(message, graceMs) {
          mediaAhead.stored(message);
          waitingSigns.stored(message, graceMs);
        },
      }),
    instant: (channel) => async (event, configured) => {
      const entry = settings.channels.get(channel);
      return entry === undefined ? undefined : instantAnswer(event, entry, pairing, configured);
    },
    own: (channel) => (account, work, signal) =>
      own(
        channel,
        account,
        work,
        {
          store,
          clock,
          random,
          log,
          worker,
          onHeld(heldAccount, held) {
            const accounts = heldAccounts.get(channel) ?? new Set();
            if (held) accounts.add(heldAccount);
            else accounts.delete(heldAccount);
            heldAccounts.set(channel, accounts);
          },
        },
        signal,
      ),
    target: (channel, text) => resolveTarget({ store, settings }, channel, text),
    send,
    discard: (id) => discard(id, { ports, settings }),
    schedules,
    permissions,
    pairing: createPairingDesk({ pairing, channel: (id) => settings.channels.get(id), send }),
    configure(next) {
      settings = next;
      turns.wake();
      deliveries.wake();
    },
    run,
  };
}

function policiesOf(settings: DispatcherSettings): ReadonlyMap<string, ReplyPolicy> {
  const policies = new Map<string, ReplyPolicy>();
  for (const [id, { channel }] of settings.channels) {
    if (channel.reply !== undefined) policies.set(id, channel.reply);
  }
  return policies;
}
