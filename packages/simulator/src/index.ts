export type { AppOptions, DirectoryOptions, MemberOptions } from "./app/options.ts";
export type { BotOptions } from "./bot/options.ts";
export type { BotWebhookOptions } from "./bot-webhook/options.ts";
export type { CallbackAttempt, CallbackDelivery, CallbackOptions, UrlCheck } from "./callbacks.ts";
export type { Content } from "./control/content.ts";
export type { ClockState, Control, FaultState } from "./control/control.ts";
export { ControlError } from "./control/errors.ts";
export type { ActiveFault, FaultDefinition, FaultSetting } from "./faults.ts";
export { DEFAULT_ILINK, type IlinkBotOptions, type IlinkOptions } from "./ilink/options.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export type { KfAccountOptions, KfOptions } from "./kf/options.ts";
export { type CorpOptions, DEFAULT_CORPS, type SimulatorOptions } from "./options.ts";
export type {
  AccountDescription,
  CallbackRegistration,
  CallbackState,
  PersonMessage,
  Screen,
  ScreenItem,
  ScreenQuery,
  SentMessage,
  Tap,
  TapResult,
} from "./platform.ts";
export type { LogEntry, LogQuery } from "./request-log.ts";
export { type Simulator, type SimulatorDescription, startSimulator } from "./simulator.ts";
