import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { buildConnector } from "undici";
import { HttpError } from "./errors.ts";
import { toHttpError } from "./failure.ts";

/** Protocols beside HTTP travel as their like. */
const LIKE: Readonly<Record<string, string>> = {
  "ws:": "http:",
  "wss:": "https:",
  "http:": "http:",
  "https:": "https:",
};

/** Opens byte streams the way requests get theirs: through the same proxy, with the same certificates and time limit. */
export function createSocketOpener(connect: buildConnector.connector): {
  open(url: string | URL, signal?: AbortSignal): Promise<Duplex>;
  close(): void;
} {
  const sockets = new Set<Socket>();
  let isClosed = false;

  return {
    async open(address, signal) {
      signal?.throwIfAborted();
      const url = new URL(address);
      const target = connectOptions(url);
      if (isClosed) throw closed();
      return new Promise<Duplex>((resolve, reject) => {
        const giveUp = () => reject(signal?.reason);
        signal?.addEventListener("abort", giveUp, { once: true });
        connect(target, (error, socket) => {
          signal?.removeEventListener("abort", giveUp);
          if (error !== null) return reject(toHttpError(error, url, "no"));
          if (signal?.aborted || isClosed) {
            // Whoever asked is gone: nobody would ever end it.
            socket.destroy();
            return reject(closed());
          }
          sockets.add(socket);
          socket.once("close", () => sockets.delete(socket));
          resolve(socket);
        });
      });
    },
    close() {
      isClosed = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}

function connectOptions({ protocol, host, hostname, port }: URL): buildConnector.Options {
  const like = LIKE[protocol];
  if (like === undefined) {
    throw new HttpError(`no connection can be opened to an address that begins with "${protocol}"`, {
      code: "http.bad-request",
      sent: "no",
    });
  }
  return { protocol: like, host, hostname: hostname.replace(/^\[|\]$/g, ""), port };
}

function closed(): HttpError {
  return new HttpError("the HTTP client is closed", { code: "http.closed", sent: "no" });
}
