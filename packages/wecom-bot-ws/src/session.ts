import { type Clock, type JsonObject, type Logger, objectField, textField } from "@wxgate/core";
import { ERR_CREDENTIALS, ERR_FREQUENCY, notConnected, unanswered } from "./errors.ts";
import { createRequests, type Requests } from "./requests.ts";
import type { BotSocket, Connect } from "./socket.ts";
import { type Ack, CMD, parseFrame } from "./wire.ts";

/** How a connection ended. `subscribed`: it had worked. */
export interface SessionEnd {
  readonly why: "closed" | "silent" | "kicked" | "bad-credentials" | "too-frequent" | "refused" | "stopped";
  readonly reason: string;
  readonly subscribed: boolean;
}

export interface SessionOptions {
  readonly url: string;
  readonly connect: Connect;
  readonly credentials: { readonly botId: string; readonly secret: string };
  readonly clock: Clock;
  readonly log: Logger;
  /** Unique for ever. */
  newReqId(cmd: string): string;
  /** The connection takes frames from now on. */
  onReady(session: Session): void;
  onCallback(kind: "message" | "event", reqId: string, body: JsonObject): void;
}

/** One connection that the platform knows as ours. */
export interface Session {
  readonly requests: Requests;
  /** Subscribes anew on the same socket; those who ask at once share one. */
  resubscribe(signal: AbortSignal | undefined): Promise<Ack>;
  /** Ends it; those who wait are told so. */
  end(why: SessionEnd["why"], reason: string): void;
}

export const SUBSCRIBE_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 15_000;
const HEARTBEAT_MS = 30_000;
/** This many pings in a row without an answer mean that nobody is there any more. */
const MISSED_PINGS = 2;

/** Connects, subscribes, and stays until the connection ends, however it ends. Rejects only with the signal's reason. */
export async function runSession(options: SessionOptions, signal: AbortSignal): Promise<SessionEnd> {
  const { clock, log, credentials, newReqId } = options;
  const over = new AbortController();
  let result: SessionEnd | undefined;
  let subscribed = false;
  let missed = 0;
  let socket: BotSocket | undefined;
  let subscribing: Promise<Ack> | undefined;
  let subscribeId = "";

  function end(why: SessionEnd["why"], reason: string): void {
    if (result !== undefined) return;
    result = { why, reason, subscribed };
    over.abort();
    requests.fail((wasSent, cmd) => (wasSent ? unanswered(cmd, reason) : notConnected(reason)));
    socket?.close();
  }

  const requests = createRequests((text) => socket?.send(text), clock, over.signal);

  function receive(text: string): void {
    if (result !== undefined) return;
    const frame = parseFrame(text);
    if (frame === undefined) log.warn({ characters: text.length }, "a frame that is no JSON was left out");
    else if (frame.kind === "unknown") log.debug({ cmd: frame.cmd.slice(0, 64) }, "an unknown command was left out");
    else if (frame.kind === "ack") acknowledge(frame.reqId, frame.ack);
    else {
      missed = 0;
      options.onCallback(frame.kind, frame.reqId, frame.body);
      // Its pings would still be answered, and nothing else would ever come.
      if (isKick(frame.body)) end("kicked", "another client took the bot's connection");
    }
  }

  function acknowledge(reqId: string, ack: Ack): void {
    // An answer that names nothing is the subscription's while nothing else was asked, and a sign of life later.
    if (reqId === "" && !subscribed) requests.acknowledge(subscribeId, ack);
    else if (reqId === "" || isPong(reqId)) {
      if (ack.errcode === 0) missed = 0;
    } else if (!requests.acknowledge(reqId, ack)) log.debug({ errcode: ack.errcode }, "a late acknowledgement");
  }

  function subscribe(stop: AbortSignal | undefined): Promise<Ack> {
    const { botId, secret } = credentials;
    subscribeId = newReqId(CMD.subscribe);
    const frame = { cmd: CMD.subscribe, reqId: subscribeId, body: { bot_id: botId, secret } };
    return requests.request(frame, { timeoutMs: SUBSCRIBE_TIMEOUT_MS, signal: stop });
  }

  const session: Session = {
    requests,
    end,
    resubscribe(stop) {
      subscribing ??= subscribe(stop).finally(() => {
        subscribing = undefined;
      });
      return subscribing;
    },
  };

  async function heartbeat(): Promise<void> {
    while (!over.signal.aborted) {
      await clock.sleep(HEARTBEAT_MS, over.signal).catch(() => {
        // The session ended; the loop sees it.
      });
      if (over.signal.aborted) return;
      if (missed >= MISSED_PINGS) return end("silent", "two heartbeats in a row were not answered");
      missed += 1;
      socket?.send(JSON.stringify({ cmd: CMD.ping, headers: { req_id: newReqId(CMD.ping) } }));
    }
  }

  const stop = () => end("stopped", "the channel stops");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    const events = { message: receive, closed: (reason: string) => end("closed", reason) };
    socket = await opened(options, events, over.signal);
    if (result !== undefined) socket.close();
    const ack = await subscribe(undefined);
    if (ack.errcode !== 0) {
      end(refusalOf(ack.errcode), `the platform refused the subscription (errcode ${ack.errcode})`);
    } else {
      subscribed = true;
      options.onReady(session);
      await heartbeat();
    }
  } catch (error) {
    end("closed", reasonOf(error));
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return result ?? { why: "closed", reason: "it ended", subscribed };
}

/** The socket, in time: some servers and proxies take a connection and then say nothing. Once it is open no signal fires. */
async function opened(
  { url, connect, clock }: SessionOptions,
  events: Parameters<Connect>[1],
  over: AbortSignal,
): Promise<BotSocket> {
  const late = new AbortController();
  const isOpen = new AbortController();
  clock.sleep(CONNECT_TIMEOUT_MS, AbortSignal.any([over, isOpen.signal])).then(
    () => late.abort(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`)),
    () => {
      // It is open, or nobody wants it any more.
    },
  );
  try {
    return await connect(url, events, AbortSignal.any([over, late.signal]));
  } finally {
    isOpen.abort();
  }
}

function isPong(reqId: string): boolean {
  return reqId.startsWith(`${CMD.ping}_`);
}

function isKick(body: JsonObject): boolean {
  return textField(objectField(body, "event"), "eventtype") === "disconnected_event";
}

function refusalOf(errcode: number): SessionEnd["why"] {
  if (errcode === ERR_CREDENTIALS) return "bad-credentials";
  return errcode === ERR_FREQUENCY ? "too-frequent" : "refused";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
