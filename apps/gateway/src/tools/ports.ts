import type { Address, Channel, OutboundContent, Store } from "@wxgate/core";
import type { ScheduleDesk } from "@wxgate/dispatcher";

/** What the tools reach the running gateway by. */
export interface ToolPorts {
  readonly store: Pick<Store, "query">;
  /** Those that run, by id. */
  channels(): ReadonlyMap<string, Channel>;
  /** @throws RejectedError that names the accepted forms. */
  target(channel: string, text: string): Promise<Address>;
  /** Queues a message; the ids of its deliveries. */
  send(to: Address, content: readonly OutboundContent[], source: string): Promise<readonly string[]>;
  /** Gives up a delivery that waits; false when it is being sent, or was. */
  discard(id: string): Promise<boolean>;
  readonly schedules: ScheduleDesk;
}
