import type { GatewayConfig } from "../config/schema.ts";
import { ownerFindings } from "../doctor/surroundings.ts";
import { openDoors } from "./open-doors.ts";

/** What an operator should know of a configuration that is right, in plain words. */
export function warningsOf(config: GatewayConfig): readonly string[] {
  return [...openDoors(config), ...ownerFindings(config.channels).map(({ message }) => message)];
}
