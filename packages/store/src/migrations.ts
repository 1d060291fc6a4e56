import type { EngineName } from "./sql.ts";

/**
 * Forward only: a released step is never changed, a new one is added at the end. Each is a list of statements that run
 * in one transaction; the words in braces differ by engine.
 */
const STEPS: readonly (readonly string[])[] = [
  [
    `create table conversations (
      id {number}, key text not null unique, channel text not null, account text not null, kind text not null,
      peer text not null, name text, created_at bigint not null, last_message_at bigint not null, last_inbound_at bigint,
      sends_since_inbound bigint not null default 0, inbounds bigint not null default 0, returns bigint not null default 0,
      sending bigint not null default 0, window_closed bigint not null default 0, served_by text not null default 'bot',
      tail bigint not null default 0, deliver_at bigint, session text, turn_at bigint, turn_seq bigint,
      claimed_to bigint not null default 0)`,
    "create index conversations_turns on conversations (channel, turn_at) where turn_at is not null and turn_seq is null",
    "create index conversations_due on conversations (channel, deliver_at) where deliver_at is not null",
    "create index conversations_peer on conversations (channel, lower(peer))",

    `create table messages (
      seq {number}, channel text not null, account text not null, platform_id text not null,
      conversation_id bigint not null, lane text, kind text not null, state text not null, sender_id text,
      sender_name text, sent_at bigint not null, received_at bigint not null, due_at bigint, content text not null,
      quote text, handle text, turn_seq bigint)`,
    "create unique index messages_platform on messages (channel, account, platform_id)",
    "create index messages_conversation on messages (conversation_id, seq)",
    "create index messages_lane on messages (lane, seq) where lane is not null and state = 'waiting'",
    "create index messages_commands on messages (channel, seq) where state = 'waiting' and kind = 'command'",
    "create index messages_handles on messages (conversation_id, seq) where handle is not null",

    `create table events (
      seq {number}, channel text not null, account text not null, event_id text not null, received_at bigint not null,
      body text not null)`,
    "create unique index events_platform on events (channel, account, event_id)",

    `create table turns (
      seq {number}, kind text not null, lane text not null, lane_id bigint not null, conversation_id bigint not null, channel text not null,
      account text not null, session text not null, state text not null, active bigint not null, attempt bigint not null,
      claim bigint not null, worker text, due_at bigint, messages text not null, cancelled bigint not null default 0,
      stream text, shown text, outcome text, error text, history_text text, created_at bigint not null,
      claimed_at bigint not null, finished_at bigint)`,
    "create index turns_waiting on turns (channel, due_at) where state = 'waiting'",
    "create index turns_active on turns (conversation_id) where active = 1",
    "create index turns_history on turns (session, seq) where history_text is not null",

    `create table replies (
      seq {number}, id text not null, turn_seq bigint, ordinal bigint, conversation_id bigint not null, content text not null,
      answers text not null, source text, created_at bigint not null)`,
    // Replies of turns are stored once by their turn's claim; those nobody asked for, by their id.
    "create unique index replies_unasked on replies (id) where turn_seq is null",
    "create unique index replies_ordinal on replies (turn_seq, ordinal) where ordinal is not null",

    `create table deliveries (
      seq {number}, id text not null unique, reply_id text not null, reply_seq bigint not null, turn_seq bigint, conversation_id bigint not null,
      channel text not null, account text not null, position bigint not null, state text not null, active bigint not null,
      defer text, due_at bigint not null, attempt bigint not null default 0, claim bigint not null default 0, worker text,
      claimed_at bigint, inbounds bigint, returns bigint, piece text not null, staged_piece text, note text,
      stream text, error text, late text, platform_id text, receipt text, created_at bigint not null,
      queued_at bigint not null, updated_at bigint not null)`,
    "create index deliveries_head on deliveries (conversation_id, position) where active = 1",
    "create index deliveries_conversation on deliveries (conversation_id, seq)",
    `create index deliveries_platform on deliveries (channel, account, platform_id)
      where platform_id is not null and platform_id <> id`,
    "create index deliveries_sending on deliveries (worker) where state = 'sending'",
    "create index deliveries_deferred on deliveries (queued_at) where state = 'deferred'",
    "create index deliveries_final on deliveries (state, seq) where active = 0",

    `create table attempts (
      seq {number}, subject text not null, subject_seq bigint not null, conversation_id bigint not null,
      attempt bigint not null, at bigint not null, ended_at bigint not null, outcome text not null, error text,
      counted bigint not null)`,
    "create index attempts_conversation on attempts (conversation_id, at)",

    "create table cursors (key text primary key, value text not null)",
    `create table leases (
      key text primary key, owner text not null, number bigint not null, expires_at bigint not null)`,
    `create table channel_state (
      channel text not null, key text not null, value text not null, sealed bigint not null, expires_at bigint,
      primary key (channel, key))`,
    "create index channel_state_expiry on channel_state (expires_at) where expires_at is not null",
    "create table workers (worker text primary key, expires_at bigint not null)",
    `create table accounts (
      channel text not null, account text not null, error text, paused_since bigint, paused_until bigint,
      last_sent_at bigint, next_slot_at bigint, primary key (channel, account))`,
    "create index accounts_pause on accounts (paused_until) where paused_until is not null",
    `create table audit (
      seq {number}, at bigint not null, actor text not null, action text not null, subject text, detail text)`,
    `create table media_files (
      id text primary key, sha256 text not null, mime text not null, bytes bigint not null, filename text,
      conversation text, created_at bigint not null)`,
    "create index media_files_hash on media_files (sha256)",
    "create index media_files_age on media_files (created_at)",
  ],
  [
    `create table schedules (
      id text primary key, name text not null, enabled bigint not null, timing text not null, action text not null,
      missed text not null, version bigint not null, next_at bigint, created_at bigint not null,
      updated_at bigint not null, created_by text not null)`,
    "create index schedules_due on schedules (next_at) where enabled = 1 and next_at is not null",
    `create table schedule_runs (
      seq {number}, id text not null unique, schedule_id text not null, reason text not null, due_at bigint not null,
      fired_at bigint not null, finished_at bigint, state text not null, action text not null, times bigint not null,
      text text, error text, deliveries text not null)`,
    "create index schedule_runs_schedule on schedule_runs (schedule_id, seq)",
  ],
  ["create index turns_failed on turns (seq) where outcome = 'failed'"],
  [
    `create table questions (
      seq {number}, turn_seq bigint not null, ordinal bigint not null, conversation_id bigint not null, sender_id text,
      content text not null, behind bigint not null, until_at bigint not null, state text not null, answer_seq bigint,
      created_at bigint not null)`,
    "create unique index questions_turn on questions (turn_seq, ordinal)",
    "create index questions_open on questions (turn_seq) where state = 'open'",
  ],
  ["alter table turns add column agent text", "alter table turns add column passed_over text"],
  ["alter table deliveries add column feedback text"],
  [
    `create table session_memory (
      lane text primary key, session text not null, summary text not null, up_to bigint not null,
      updated_at bigint not null)`,
  ],
  ["alter table turns add column failing_since bigint"],
];

export const SCHEMA_VERSION: number = STEPS.length;

export const META_TABLE = "create table if not exists meta (key text primary key, value text not null)";

const NUMBER: Record<EngineName, string> = {
  // SQLite gives the numbers of the newest rows out again once these are gone: the newest row of a table is never removed.
  sqlite: "integer primary key",
  postgres: "bigint generated by default as identity primary key",
};

/** The statements that bring a database from `version` to this code's. */
export function migrationsFrom(version: number, engine: EngineName): readonly string[] {
  if (version > SCHEMA_VERSION) {
    throw new Error(
      `the database has schema ${version}, but this version of wxgate knows only up to ${SCHEMA_VERSION}: it was last opened by a newer version; upgrade wxgate, or restore a backup made before that upgrade`,
    );
  }
  return STEPS.slice(version)
    .flat()
    .map((statement) => statement.replaceAll("{number}", NUMBER[engine]));
}
