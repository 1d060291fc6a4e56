import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { drained, type Exchange } from "../http-io.ts";
import { colourPng } from "../media-samples.ts";
import type { Corps } from "../qyapi/corps.ts";
import { ControlError } from "./errors.ts";

const CHUNK_BYTES = 65_536;
const PREVIEW_TYPES = /^(image\/(png|jpeg|gif|webp)|audio\/|video\/)/;

/** The bytes behind a screen's media, whatever token the platform would ask for. */
export function createMediaPreview(corps: Corps) {
  return async ({ response }: Exchange, [corpId = "", id = ""]: readonly string[]): Promise<undefined> => {
    const media = corps.find(corpId)?.media.find(id);
    if (!media) throw new ControlError(404, "There is no such media, or it has expired.", "Media live three days.");
    response.writeHead(200, {
      "content-type": PREVIEW_TYPES.test(media.mime) ? media.mime : "application/octet-stream",
      "content-length": media.bytes,
      "x-content-type-options": "nosniff",
      "content-disposition": `inline; filename*=UTF-8''${encodeURIComponent(media.filename)}`,
    });
    for (let from = 0; from < media.bytes && !response.destroyed; from += CHUNK_BYTES) {
      const chunk = media.read(from, Math.min(media.bytes, from + CHUNK_BYTES));
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  };
}

/** A picture of one colour, the same for the same id. */
export function sendAvatar({ response }: Exchange, [file = ""]: readonly string[]): undefined {
  const [red = 0, green = 0, blue = 0] = createHash("sha256").update(file).digest();
  const png = colourPng(64, 64, [red, green, blue]);
  response.writeHead(200, { "content-type": "image/png", "content-length": png.length });
  response.end(png);
}

/** Tells open pages which screens changed: server-sent events, several changes in one. */
export interface ChangeFeed {
  changed(account: string, user: string): void;
  open(exchange: Exchange): undefined;
  close(): void;
}

const GATHER_MS = 100;

export function createChangeFeed(): ChangeFeed {
  const watchers = new Set<ServerResponse>();
  let waiting = new Map<string, { account: string; user: string }>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    timer = undefined;
    const line = `data: ${JSON.stringify([...waiting.values()])}\n\n`;
    waiting = new Map();
    for (const watcher of watchers) watcher.write(line);
  }

  return {
    changed(account, user) {
      if (watchers.size === 0) return;
      waiting.set(`${account} ${user}`, { account, user });
      timer ??= setTimeout(flush, GATHER_MS);
    },
    open({ response }) {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(": watching\n\n");
      watchers.add(response);
      response.on("close", () => watchers.delete(response));
    },
    close() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.end();
      watchers.clear();
    },
  };
}
