import type { Generated } from "kysely";

/*
 * Times are milliseconds since 1970, flags 0 or 1, JSON is text: both engines hold the same values. What is claimed in
 * order of time (`deliver_at`, `due_at`) stands in small rows of its own with partial indexes, so that looking for work
 * costs what is due and not what is kept.
 */

interface Meta {
  key: string;
  value: string;
}

interface Conversations {
  id: Generated<number>;
  /** `addressKey` of the four columns behind it. */
  key: string;
  channel: string;
  account: string;
  kind: string;
  peer: string;
  name: string | null;
  created_at: number;
  /** When the last message came, by our clock. */
  last_message_at: number;
  /** When the person last wrote, by the platform's clock, never in the future. */
  last_inbound_at: number | null;
  sends_since_inbound: Generated<number>;
  /** Counts what came in and the returns of the bot: did what a delivery waits for come while it was being sent? */
  inbounds: Generated<number>;
  returns: Generated<number>;
  /** 1 while one of its deliveries is claimed. */
  sending: Generated<number>;
  /** The platform said that nothing goes before the customer writes. */
  window_closed: Generated<number>;
  served_by: Generated<string>;
  /** Position of its last delivery. */
  tail: Generated<number>;
  /** When the delivery at its head may be claimed; null while nothing can. */
  deliver_at: number | null;

  /* The row is also the lane of its own turns. Lanes that are no conversation have a row of kind "lane". */
  session: string | null;
  /** When the messages that wait become a turn. */
  turn_at: number | null;
  /** The turn that runs, or waits for its next attempt. */
  turn_seq: number | null;
  /** No message up to this number waits any more. */
  claimed_to: Generated<number>;
}

interface Messages {
  seq: Generated<number>;
  channel: string;
  account: string;
  platform_id: string;
  conversation_id: number;
  /** Null: its conversation's own. */
  lane: string | null;
  kind: string;
  state: string;
  sender_id: string | null;
  sender_name: string | null;
  sent_at: number;
  received_at: number;
  due_at: number | null;
  content: string;
  quote: string | null;
  handle: string | null;
  turn_seq: number | null;
}

interface Events {
  seq: Generated<number>;
  channel: string;
  account: string;
  event_id: string;
  received_at: number;
  body: string;
}

interface Turns {
  seq: Generated<number>;
  kind: string;
  lane: string;
  lane_id: number;
  conversation_id: number;
  channel: string;
  account: string;
  session: string;
  state: string;
  /** 1 until it is done. */
  active: number;
  attempt: number;
  claim: number;
  worker: string | null;
  due_at: number | null;
  /** JSON array of message numbers. */
  messages: string;
  cancelled: Generated<number>;
  stream: string | null;
  shown: string | null;
  outcome: string | null;
  error: string | null;
  history_text: string | null;
  /** The one that answered. */
  agent: string | null;
  /** JSON array of those that failed before it. */
  passed_over: string | null;
  created_at: number;
  claimed_at: number;
  /** Of the first attempt that failed. */
  failing_since: number | null;
  finished_at: number | null;
}

/** What a turn asked its sender. Open until it is answered or closed, or the turn is done. */
interface Questions {
  seq: Generated<number>;
  turn_seq: number;
  ordinal: number;
  conversation_id: number;
  sender_id: string | null;
  content: string;
  /** The newest message of the conversation when it was asked. */
  behind: number;
  until_at: number;
  state: string;
  /** The message that answers it. */
  answer_seq: number | null;
  created_at: number;
}

interface Replies {
  seq: Generated<number>;
  id: string;
  turn_seq: number | null;
  ordinal: number | null;
  conversation_id: number;
  content: string;
  answers: string;
  source: string | null;
  created_at: number;
}

interface Deliveries {
  seq: Generated<number>;
  id: string;
  reply_id: string;
  reply_seq: number;
  turn_seq: number | null;
  conversation_id: number;
  channel: string;
  account: string;
  position: number;
  state: string;
  /** 1 while queued, sending or deferred. */
  active: number;
  /** What a deferred one waits for: customer, human, at. */
  defer: string | null;
  due_at: number;
  attempt: Generated<number>;
  claim: Generated<number>;
  worker: string | null;
  claimed_at: number | null;
  /** The conversation's counters when it was claimed. */
  inbounds: number | null;
  returns: number | null;
  /** As it was prepared. */
  piece: string;
  /** What goes out instead, once it is staged. */
  staged_piece: string | null;
  note: string | null;
  stream: string | null;
  error: string | null;
  /** Reported as failed before its sending ended. */
  late: string | null;
  platform_id: string | null;
  receipt: string | null;
  /** JSON array: how people rated it. */
  feedback: string | null;
  created_at: number;
  queued_at: number;
  updated_at: number;
}

interface Attempts {
  seq: Generated<number>;
  subject: string;
  subject_seq: number;
  conversation_id: number;
  attempt: number;
  at: number;
  ended_at: number;
  outcome: string;
  error: string | null;
  /** 1 when it counts against the platform's rates. */
  counted: number;
}

interface Cursors {
  key: string;
  value: string;
}

interface Leases {
  key: string;
  owner: string;
  number: number;
  expires_at: number;
}

interface ChannelState {
  channel: string;
  key: string;
  value: string;
  sealed: number;
  expires_at: number | null;
}

interface Workers {
  worker: string;
  expires_at: number;
}

/** Every account that was ever heard of. */
interface Accounts {
  channel: string;
  account: string;
  error: string | null;
  paused_since: number | null;
  paused_until: number | null;
  last_sent_at: number | null;
  next_slot_at: number | null;
}

interface Audit {
  seq: Generated<number>;
  at: number;
  actor: string;
  action: string;
  subject: string | null;
  detail: string | null;
}

interface MediaFiles {
  id: string;
  sha256: string;
  mime: string;
  bytes: number;
  filename: string | null;
  conversation: string | null;
  created_at: number;
}

interface Schedules {
  id: string;
  name: string;
  enabled: number;
  timing: string;
  action: string;
  missed: string;
  version: number;
  /** Null: not due any more. */
  next_at: number | null;
  created_at: number;
  updated_at: number;
  created_by: string;
}

interface ScheduleRuns {
  seq: Generated<number>;
  id: string;
  schedule_id: string;
  reason: string;
  due_at: number;
  fired_at: number;
  finished_at: number | null;
  state: string;
  action: string;
  times: number;
  text: string | null;
  error: string | null;
  /** JSON array of delivery ids. */
  deliveries: string;
}

/** The beginning of a lane's session in short. */
interface SessionMemoryRow {
  lane: string;
  session: string;
  summary: string;
  /** The last turn that is in it. */
  up_to: number;
  updated_at: number;
}

export interface Tables {
  meta: Meta;
  conversations: Conversations;
  messages: Messages;
  events: Events;
  turns: Turns;
  questions: Questions;
  replies: Replies;
  deliveries: Deliveries;
  attempts: Attempts;
  cursors: Cursors;
  leases: Leases;
  channel_state: ChannelState;
  workers: Workers;
  accounts: Accounts;
  audit: Audit;
  media_files: MediaFiles;
  schedules: Schedules;
  schedule_runs: ScheduleRuns;
  session_memory: SessionMemoryRow;
}
