import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { RejectedError } from "../errors.ts";
import type { Clock, Fetch, Logger, MediaOpener, Random } from "../ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, { signal }),
};

export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  fraction: () => Math.random(),
};

/** Warnings and errors to stderr, one JSON line each. */
export function stderrLogger(fields: Readonly<Record<string, unknown>> = {}): Logger {
  const line = (level: string) => (more: Readonly<Record<string, unknown>>, message: string) => {
    process.stderr.write(`${JSON.stringify({ level, ...fields, ...more, message })}\n`);
  };
  return {
    child: (more) => stderrLogger({ ...fields, ...more }),
    debug: () => {},
    info: () => {},
    warn: line("warn"),
    error: line("error"),
  };
}

/**
 * Opens what the importer's own code names: any path, any URL. There is no guard against private networks here; whoever
 * passes on addresses that a model wrote hands in a guarded opener (`@wxgate/http-client`) instead.
 */
export function trustingOpener(fetch: Fetch): MediaOpener {
  return {
    async open(source, signal) {
      if (source.text !== undefined) return { body: once(new TextEncoder().encode(source.text)), mime: "text/plain" };
      if (source.path !== undefined)
        return { body: createReadStream(source.path, { signal }), mime: "application/octet-stream" };
      if (source.url === undefined)
        throw new RejectedError("the media names no url, path or text", { code: "media.no-source" });
      const response = await fetch(source.url, { signal });
      if (!response.ok || response.body === null) {
        throw new RejectedError(`the media could not be fetched: HTTP ${response.status}`, {
          code: "media.unreachable",
        });
      }
      const length = Number(response.headers.get("content-length") ?? Number.NaN);
      return {
        body: response.body,
        mime: response.headers.get("content-type") ?? "application/octet-stream",
        ...(Number.isFinite(length) ? { bytes: length } : {}),
      };
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
