import { createCipheriv, randomBytes } from "node:crypto";
import { drained, type Exchange, sendText } from "../http-io.ts";
import { randomId } from "../ids.ts";
import type { StoredMedia } from "../media-store.ts";
import type { PlatformTools } from "../platform.ts";

/** Where bots' files are fetched, encrypted. */
export const BOT_CDN_PREFIX = "/cdn/bot/";

const LIFETIME_MS = 5 * 60_000;
const PAD_BLOCK = 32;
const CHUNK_BYTES = 65_536;

interface Offer {
  readonly media: StoredMedia;
  readonly key: Buffer;
  readonly account: string;
  readonly expiresAt: number;
}

export interface BotCdn {
  /** A fresh address that lives five minutes, and its own key; or that of the account, which is not told. */
  offer(media: StoredMedia, account: string, accountKey?: Buffer): { readonly url: string; readonly aeskey: string };
  handle(exchange: Exchange): Promise<void>;
  clear(): void;
}

/** AES-256-CBC, the key's first 16 bytes as IV, padded to 32 bytes. */
export function createBotCdn({ clock, faults, baseUrl }: PlatformTools, prefix = BOT_CDN_PREFIX): BotCdn {
  const offers = new Map<string, Offer>();

  function dropExpired(): void {
    for (const [id, offer] of offers) {
      if (offer.expiresAt > clock.now()) return;
      offers.delete(id);
    }
  }

  return {
    offer(media, account, accountKey) {
      dropExpired();
      const id = randomId("", 12);
      const told = accountKey ?? randomBytes(32);
      const key = faults.take("bot.cdn.wrong-key", [account]) ? randomBytes(32) : told;
      offers.set(id, { media, key, account, expiresAt: clock.now() + LIFETIME_MS });
      return { url: `${baseUrl()}${prefix}${id}?sign=${randomId("", 8)}`, aeskey: told.toString("base64") };
    },
    async handle({ path, response }) {
      const offer = offers.get(path.slice(prefix.length));
      if (offer === undefined || offer.expiresAt <= clock.now()) {
        return sendText(response, 403, "Request has expired.\n", "text/plain");
      }
      if (faults.take("bot.cdn.busy", [offer.account])) return sendText(response, 503, "Busy.\n", "text/plain");
      const { media, key } = offer;
      const pad = PAD_BLOCK - (media.bytes % PAD_BLOCK);
      const encoded = encodeURIComponent(media.filename);
      const disposition = faults.take("bot.cdn.plain-name", [offer.account])
        ? `attachment; filename="${encoded}"`
        : `attachment; filename="file"; filename*=UTF-8''${encoded}`;
      response.writeHead(200, {
        "content-type": "application/octet-stream",
        "content-length": media.bytes + pad,
        "content-disposition": disposition,
      });
      const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
      for (let from = 0; from < media.bytes && !response.destroyed; from += CHUNK_BYTES) {
        const plain = media.read(from, Math.min(media.bytes, from + CHUNK_BYTES));
        if (!response.write(cipher.update(plain))) await drained(response);
      }
      response.end(Buffer.concat([cipher.update(Buffer.alloc(pad, pad)), cipher.final()]));
    },
    clear: () => offers.clear(),
  };
}
