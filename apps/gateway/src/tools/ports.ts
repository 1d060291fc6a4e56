import type { Address, OutboundContent } from "@wxgate/core";
import type { ScheduleDesk } from "@wxgate/dispatcher";
import type { RecallPorts } from "../recall.ts";

/** What the tools reach the running gateway by. */
export interface ToolPorts extends RecallPorts {
  /** @throws RejectedError that names the accepted forms. */
  target(channel: string, text: string): Promise<Address>;
  /** Queues a message; the ids of its deliveries. */
  send(to: Address, content: readonly OutboundContent[], source: string): Promise<readonly string[]>;
  readonly schedules: ScheduleDesk;
}
