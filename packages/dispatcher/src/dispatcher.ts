import type { Address, ChannelPorts, Inbox, OutboundContent } from "@wxgate/core";
import type { DispatcherPorts, DispatcherSettings } from "./settings.ts";

export interface Dispatcher {
  /** The inbox of one channel: routes, stores, wakes the workers. */
  inbox(channel: string): Inbox;
  /** `ChannelPorts.instant` of one channel. */
  instant(channel: string): ChannelPorts["instant"];
  /** `ChannelPorts.own` of one channel. */
  own(channel: string): ChannelPorts["own"];
  /** Queues a message nobody asked for; the ids of its deliveries. */
  send(to: Address, content: readonly OutboundContent[], source: string): Promise<readonly string[]>;
  /** Takes new settings; turns and deliveries under way end with the old ones. */
  configure(settings: DispatcherSettings): void;
  /** Works until the signal fires, then lets what runs finish for `graceMs` and gives the rest back. */
  run(signal: AbortSignal, graceMs: number): Promise<void>;
}

export declare function createDispatcher(ports: DispatcherPorts): Dispatcher;
