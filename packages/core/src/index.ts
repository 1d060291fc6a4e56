export { type Address, type AddressKind, addressKey, keyPart, sameAddress } from "./address.ts";
export {
  AGENT_RESTING,
  type Agent,
  type AgentCapabilities,
  type AgentEvent,
  type Answer,
  type AskedQuestion,
  type HistoryEntry,
  type MemoryPolicy,
  type Permission,
  type Question,
  type SummaryRequest,
  type Turn,
  type TurnMessage,
  type TurnSkill,
} from "./agent.ts";
export { type Background, createBackground } from "./background.ts";
export type {
  AccountHealth,
  AccountState,
  Channel,
  ChannelHealth,
  ChannelPorts,
  CreateChannel,
  DeliveryNote,
  LoginEvent,
  LongReply,
  OutboundMessage,
  Piece,
  ReplyHandle,
  ReplyPolicy,
  ReplyStream,
  ReplyTarget,
  Room,
  SendReceipt,
} from "./channel.ts";
export { parseOutboundContent } from "./check-content.ts";
export { chosenItem } from "./choose.ts";
export { type ConfigIssue, type OptionsSchema, parseOptions } from "./config-error.ts";
export {
  type Article,
  type FailedMedia,
  type ForwardedItem,
  hasMedia,
  type InboundContent,
  type Media,
  type MediaContent,
  type MediaKind,
  type MediaRef,
  type MediaSource,
  type MenuItem,
  type OutboundContent,
  type OutboundMedia,
  type PendingMedia,
  type Quote,
  type Rating,
  type Sender,
  type StoredMedia,
  summarize,
  textOf,
} from "./content.ts";
export {
  AuthenticationError,
  type AuthenticationErrorOptions,
  ChannelError,
  type ChannelErrorOptions,
  ProtocolError,
  RejectedError,
  reasonOf,
  TransientError,
  type TransientErrorOptions,
  type WaitFor,
} from "./errors.ts";
export type { Accepted, CursorMove, InboundBatch, Inbox, StoredMessage } from "./inbox.ts";
export {
  isObject,
  type JsonObject,
  type JsonValue,
  listField,
  numberField,
  objectField,
  textField,
} from "./json.ts";
export { mapPiece } from "./map-piece.ts";
export type { InboundEvent, InboundMessage, ServedBy } from "./message.ts";
export { outboundText } from "./outbound-text.ts";
export type {
  Clock,
  Fetch,
  FetchInit,
  Logger,
  MediaConverter,
  MediaOpener,
  MediaStream,
  OpenSocket,
  Random,
  State,
  StateOptions,
} from "./ports.ts";
export {
  type MissedRuns,
  SCHEDULE_CHANNEL,
  type ScheduleAction,
  type ScheduleFields,
  type ScheduleFiring,
  type ScheduleRow,
  type ScheduleRunReason,
  type ScheduleRunRow,
  type ScheduleRunState,
  type ScheduleStore,
  type ScheduleTarget,
  type ScheduleTiming,
  scheduleConversation,
} from "./schedule.ts";
export { type MessageHandler, type ReceivedMessage, type Served, type ServeOptions, serve } from "./serve/serve.ts";
export type { Store } from "./store.ts";
export type {
  AuditEntry,
  ConversationRow,
  DeliveryRow,
  EventRow,
  FailedTurnRow,
  MessageRow,
  Page,
  Paged,
  QuotaUse,
  RatingRow,
  StoreQueries,
  TimelineEntry,
} from "./store-queries.ts";
export {
  type Claim,
  type ClaimedDelivery,
  type ClaimedMessage,
  type ClaimedTurn,
  type DeferReason,
  type DeliveryState,
  type HistoryLine,
  type HistoryOptions,
  type MediaRow,
  type MediaRows,
  type NewDelivery,
  type NewReply,
  type PassedOver,
  type Quota,
  type RoutedMessage,
  type Routing,
  type SessionMemory,
  StaleClaimError,
  type StoreBatch,
  type StoredError,
  type StoredQuestion,
  type TurnOutcome,
  type TurnResult,
  type UnsentDelivery,
  type Wake,
  type WorkerOptions,
} from "./store-records.ts";
export { TooLate, withTimeLimit } from "./time-limit.ts";
export { estimateTokens, TOKENS_PER_ENTRY } from "./tokens.ts";
export { TrackedResponse } from "./tracked-response.ts";
export { withoutMiddle } from "./without-middle.ts";
