import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { drained } from "../http-io.ts";
import type { FileAnswer } from "./calls.ts";

/** How an answer is spoiled on its way out. */
export interface Spoil {
  readonly delayMs?: number;
  readonly spreadMs?: number;
  readonly cut?: boolean;
  /** Nothing is ever sent; the connection is cut after so many milliseconds. */
  readonly silenceMs?: number;
}

const STEPS = 20;

/** Writes a body, whole or spoiled; resolves when nothing more will be written. */
export async function respond(
  response: ServerResponse,
  status: number,
  body: Buffer,
  contentType: string,
  spoil: Spoil,
): Promise<void> {
  if (spoil.silenceMs !== undefined) {
    await waitOrClose(response, spoil.silenceMs);
    response.destroy();
    return;
  }
  if (spoil.delayMs) await waitOrClose(response, spoil.delayMs);
  response.writeHead(status, { "content-type": contentType, "content-length": body.length });
  if (spoil.cut) {
    response.write(body.subarray(0, body.length >> 1), () => response.destroy());
    return;
  }
  if (!spoil.spreadMs) {
    response.end(body);
    return;
  }
  const size = Math.max(1, Math.ceil(body.length / STEPS));
  for (let from = 0; from < body.length && !response.destroyed; from += size) {
    response.write(body.subarray(from, from + size));
    await sleep(spoil.spreadMs / STEPS);
  }
  response.end();
}

export async function respondFile(response: ServerResponse, file: FileAnswer, spoil: Spoil): Promise<void> {
  const cut = file.cut || spoil.cut;
  const spreadMs = file.spreadMs ?? spoil.spreadMs;
  try {
    if (spoil.delayMs) await waitOrClose(response, spoil.delayMs);
    response.writeHead(file.status, { ...file.headers });
    const steps = Math.max(1, Math.ceil(file.bytes / 65_536));
    let sent = 0;
    for (const chunk of file.chunks) {
      if (response.destroyed) return;
      if (cut && sent + chunk.length >= file.bytes / 2) {
        response.write(chunk.subarray(0, chunk.length >> 1), () => response.destroy());
        return;
      }
      sent += chunk.length;
      if (!response.write(chunk)) await drained(response);
      if (spreadMs) await sleep(spreadMs / steps);
    }
    response.end();
  } finally {
    file.done();
  }
}

function waitOrClose(response: ServerResponse, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    response.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
