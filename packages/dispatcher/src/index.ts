export type { CustomCommand } from "./commands.ts";
export { createDispatcher, type Dispatcher, type PermissionDesk } from "./dispatcher.ts";
export type { DynamicAgents } from "./instances.ts";
export type { PairedPerson, PairingRequest } from "./pairing.ts";
export type { PairingDesk } from "./pairing-desk.ts";
export type { PermissionRequest } from "./permissions.ts";
export type { ScheduleDesk } from "./schedules/desk.ts";
export type { SessionReset } from "./session-reset.ts";
export type {
  Binding,
  ChannelSettings,
  DispatcherPorts,
  DispatcherSettings,
  GroupSettings,
  MediaKeeper,
  Notices,
  Observation,
} from "./settings.ts";
export type { Skill, SkillPlace } from "./skills.ts";
