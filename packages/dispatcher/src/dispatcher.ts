import {
  type Address,
  type ChannelPorts,
  type Inbox,
  type OutboundContent,
  RejectedError,
  type ScheduleTarget,
} from "@wxgate/core";
import { isIgnored } from "./access.ts";
import { describeError } from "./describe-error.ts";
import { every } from "./every.ts";
import { createInbox } from "./inbox.ts";
import { instantAnswer } from "./instant.ts";
import { createSameConversation } from "./known-person.ts";
import { createMediaAhead } from "./media-ahead.ts";
import { createMemoryKeeper } from "./memory.ts";
import { own } from "./own.ts";
import { createPairing } from "./pairing.ts";
import { createPairingDesk, type PairingDesk } from "./pairing-desk.ts";
import type { Permissions } from "./permissions.ts";
import { prepareReply } from "./prepare-reply.ts";
import { resolveTarget } from "./resolve-target.ts";
import { createScheduleDesk, type ScheduleDesk } from "./schedules/desk.ts";
import { type DispatcherPorts, type DispatcherSettings, UNCONFIGURED } from "./settings.ts";
import { createSkillChoice } from "./skills.ts";
import { discard } from "./unsent.ts";
import { createWaitingSigns } from "./waiting-signs.ts";
import { createWorkers } from "./workers.ts";

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
  const heldAccounts = new Map<string, Set<string>>();
  const channel = (id: string) => settings.channels.get(id);
  const memory = createMemoryKeeper({ store, clock, log, agents: () => settings.agents });
  const pairing = createPairing({ store, clock, random, log, channel: (id) => channel(id)?.channel });
  const mediaAhead = createMediaAhead({ ports, pairing, channel });
  const held = (id: string): ReadonlySet<string> => heldAccounts.get(id) ?? new Set();
  const waitingSigns = createWaitingSigns({ ports, pairing, channel, holds: (id, account) => held(id).has(account) });
  const scheduleTarget = (to: ScheduleTarget) => resolveTarget({ store, settings }, to.channel, to.target);
  const schedules = createScheduleDesk({ ports, settings: () => settings, target: scheduleTarget });
  const workers = createWorkers({
    ports,
    settings: () => settings,
    held,
    pairing,
    skills: createSkillChoice({ store, clock }),
    memory,
    waitingSigns,
    scheduleTarget,
  });

  function onHeld(id: string, account: string, isHeld: boolean): void {
    const accounts = heldAccounts.get(id) ?? new Set();
    if (isHeld) accounts.add(account);
    else accounts.delete(account);
    heldAccounts.set(id, accounts);
    if (!isHeld) return;
    void waitingSigns.resume(id, account).catch((error: unknown) => {
      log.warn({ channel: id, account, error: describeError(error) }, "messages that wait could not be read");
    });
  }

  async function run(signal: AbortSignal, graceMs: number): Promise<void> {
    await workers.join();
    void mediaAhead.resume(settings.channels.keys()).catch((error: unknown) => {
      log.warn({ error: describeError(error) }, "messages that wait with files could not be read");
    });
    const firing = every(SCHEDULES_MS, "firing schedules", () => schedules.fireDue(signal), ports, signal);
    try {
      await workers.run(signal, graceMs);
    } finally {
      await Promise.all([firing, memory.close(), mediaAhead.close(), waitingSigns.close()]);
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
        isIgnored: (message) => {
          const entry = settings.channels.get(channel);
          return entry === undefined ? Promise.resolve(false) : isIgnored(entry, message, { store, pairing });
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
    own: (id) => (account, work, signal) =>
      own(id, account, work, { ...ports, onHeld: (...held) => onHeld(id, ...held) }, signal),
    target: (channel, text) => resolveTarget({ store, settings }, channel, text),
    send,
    discard: (id) => discard(id, { ports, settings }),
    schedules,
    permissions: workers.permissions,
    pairing: createPairingDesk({ pairing, channel, send }),
    configure(next) {
      settings = next;
      workers.wake();
    },
    run,
  };
}
