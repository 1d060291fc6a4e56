import type { Agent } from "node:http";
import type { Duplex } from "node:stream";
import type { OpenSocket } from "@wxgate/core";
import { type RawData, WebSocket } from "ws";

/** An open WebSocket, as far as the bot needs one. */
export interface BotSocket {
  /** Queues one text message; nothing happens on a closed socket. */
  send(text: string): void;
  /** Ends the connection at once, without waiting for the other side. */
  close(): void;
}

export interface SocketEvents {
  message(text: string): void;
  /** Once, also after `close()`. */
  closed(reason: string): void;
}

/** Opens a WebSocket; rejects when it cannot be opened, or with the signal's reason. */
export type Connect = (url: string, events: SocketEvents, signal: AbortSignal) => Promise<BotSocket>;

export interface WsConnectOptions {
  /** Opens the connection below the WebSocket: the port of that name, with its proxy. Without it `ws` opens its own. */
  readonly openSocket?: OpenSocket | undefined;
  /** For certificates of one's own, where there is no `openSocket`. */
  readonly agent?: Agent;
  /** Milliseconds until the handshake must be done; 15,000. */
  readonly handshakeTimeoutMs?: number;
}

/** More than any frame of the platform: messages hold addresses of files, not the files. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/** The connector on Node, by `ws`. Pings of the protocol are answered by it. */
export function createWsConnect({ openSocket, agent, handshakeTimeoutMs = 15_000 }: WsConnectOptions = {}): Connect {
  return async (url, events, signal) => {
    signal.throwIfAborted();
    const line = await openSocket?.(url, signal);
    const socket = new WebSocket(url, {
      handshakeTimeout: handshakeTimeoutMs,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      ...(line === undefined ? {} : { createConnection: () => line }),
      ...(agent === undefined ? {} : { agent }),
    });
    return opened(socket, events, signal);
  };
}

/** Once it is open it takes frames; until then the signal ends it. */
function opened(socket: WebSocket, events: SocketEvents, signal: AbortSignal): Promise<BotSocket> {
  return new Promise((resolve, reject) => {
    let gathered: Gathered | undefined;
    let failure = "closed by the other side";
    let isOpen = false;
    const giveUp = () => {
      socket.terminate();
      reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    socket.on("error", (error) => {
      failure = error.message;
      if (!isOpen) reject(error);
    });
    socket.on("upgrade", ({ socket: line }) => {
      gathered = gatherWrites(line);
    });
    socket.on("message", (data) => events.message(textOf(data)));
    socket.on("close", (code) => {
      signal.removeEventListener("abort", giveUp);
      if (isOpen) events.closed(`${failure} (code ${code})`);
      else reject(new Error(failure));
    });
    socket.on("open", () => {
      isOpen = true;
      signal.removeEventListener("abort", giveUp);
      resolve({
        send(text) {
          if (socket.readyState !== WebSocket.OPEN) return;
          gathered?.begin();
          socket.send(text);
        },
        close: () => socket.terminate(),
      });
    });
    if (signal.aborted) giveUp();
  });
}

interface Gathered {
  begin(): void;
}

/** Frames that leave in one turn of the event loop leave in one write: under load most of a frame's cost is its system call. */
function gatherWrites(line: Duplex): Gathered {
  let isOpen = false;
  return {
    begin() {
      if (isOpen) return;
      isOpen = true;
      line.cork();
      setImmediate(() => {
        isOpen = false;
        line.uncork();
      });
    },
  };
}

/** Text, or a binary message that holds UTF-8. */
function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString("utf8");
}
