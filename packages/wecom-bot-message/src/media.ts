import {
  type Channel,
  type ChannelPorts,
  type Clock,
  type Fetch,
  type MediaRef,
  RejectedError,
  TransientError,
  textField,
} from "@wxgate/core";
import { filenameFromDisposition, matchesKind, SNIFF_BYTES, safeFilename, sniff } from "@wxgate/media";
import { decryptMedia, WecomCryptoError } from "@wxgate/wecom-crypto";
import { MEDIA_URL_MS } from "./limits.ts";

export interface BotMediaOptions {
  readonly config: {
    /** Where the platform is, http(s) or ws(s): its files are fetched there too, and unencrypted only if it is. */
    readonly url: string;
    /** Further hosts, beside Tencent's. */
    readonly mediaHosts: readonly string[];
  };
  /** Opens files that bring no key: on callbacks the bot's EncodingAESKey. */
  readonly key?: string;
  readonly ports: Pick<ChannelPorts, "fetch" | "clock">;
}

/** Where the platform keeps bots' files. */
const TENCENT = /(?:^|\.)(?:qq\.com|qpic\.cn|myqcloud\.com|tencentcos\.cn)$/;
const BUSY_PAUSES_MS = [500, 1_000, 2_000];
const MOST_REDIRECTS = 3;
const NOUNS: Readonly<Record<string, string>> = { image: "picture", video: "video", file: "file" };

/** Opens a file of a message: fetched from the platform's hosts only, decrypted, and checked to be what it should be. */
export function createBotMedia({ config, key, ports }: BotMediaOptions): NonNullable<Channel["openMedia"]> {
  const isAllowed = allowedHosts(config);

  return async function openMedia(ref, signal) {
    const { url, aeskey = key, kind } = readRef(ref);
    const noun = NOUNS[kind] ?? "file";
    const { body, headers } = await download(url, { ...ports, isAllowed, noun, signal });
    // Without a key the platform did not encrypt it.
    const plain = explained(aeskey === undefined ? body : decryptMedia(body, aeskey), noun, signal);
    const { head, all } = await peek(plain);
    if ((kind === "image" || kind === "video") && !(await matchesKind(kind, head))) {
      await all.return?.();
      throw badKey(noun);
    }
    const named = filenameFromDisposition(headers.get("content-disposition"));
    const found = await sniff(head, named);
    return {
      body: all,
      mime: found.mime,
      ...(named === undefined ? {} : { filename: safeFilename(named, `${kind}.${found.ext}`) }),
    };
  };
}

function readRef(ref: MediaRef): { url: string; aeskey: string | undefined; kind: string } {
  const url = textField(ref, "url");
  if (url === undefined) throw new RejectedError("this names no file of WeCom's", { code: "wecom-bot.no-media-url" });
  return { url, aeskey: textField(ref, "aeskey"), kind: textField(ref, "kind") ?? "file" };
}

function allowedHosts({ url, mediaHosts }: BotMediaOptions["config"]): (target: URL) => boolean {
  const own = new URL(url);
  const configured = new Set([own.host, ...mediaHosts]);
  const isPlainOwn = own.protocol === "ws:" || own.protocol === "http:";
  return ({ protocol, host, hostname }) => {
    if (configured.has(host))
      return protocol === "https:" || (protocol === "http:" && (isPlainOwn || host !== own.host));
    return protocol === "https:" && TENCENT.test(hostname);
  };
}

interface Download {
  readonly fetch: Fetch;
  readonly clock: Clock;
  isAllowed(url: URL): boolean;
  readonly noun: string;
  readonly signal: AbortSignal;
}

/** The platform's servers are busy now and then; the address lives five minutes. */
async function download(
  text: string,
  options: Download,
): Promise<{ readonly body: AsyncIterable<Uint8Array>; readonly headers: Headers }> {
  const { clock, noun, signal } = options;
  for (const pauseMs of [...BUSY_PAUSES_MS, undefined]) {
    const response = await follow(text, options);
    const { body, headers } = response;
    if (response.ok && body !== null) return { body, headers };
    await body?.cancel();
    if (response.status < 500 && response.status !== 429) throw gone(noun, response.status);
    if (pauseMs === undefined) break;
    await clock.sleep(pauseMs, signal);
  }
  throw new TransientError(`the ${noun} could not be fetched: WeCom's file server is busy`, {
    code: "wecom-bot.media-busy",
  });
}

async function follow(text: string, { fetch, isAllowed, noun, signal }: Download): Promise<Response> {
  let target = text;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const url = URL.canParse(target) ? new URL(target) : undefined;
    if (url === undefined || !isAllowed(url)) throw foreign(noun, url);
    const response = await fetch(url, { redirect: "manual", signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      // Its words may hold the signed address.
      throw new TransientError(`the ${noun} could not be fetched: ${reasonOf(error)}`, {
        code: "wecom-bot.media-unreachable",
      });
    });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    target = new URL(location, url).href;
  }
  throw new RejectedError(`the ${noun} could not be fetched: its address leads in circles`, {
    code: "wecom-bot.media-redirects",
  });
}

/** Failures of decryption in words an agent can repeat. */
async function* explained(
  source: AsyncIterable<Uint8Array>,
  noun: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* source;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof WecomCryptoError) throw badKey(noun, error.kind);
    throw new TransientError(`the ${noun} broke off while it was fetched: ${reasonOf(error)}`, {
      code: "wecom-bot.media-cut",
    });
  }
}

/** The beginning, for a look, and then all of it. */
async function peek(
  source: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<{ head: Uint8Array; all: AsyncGenerator<Uint8Array, void, undefined> }> {
  const read: Uint8Array[] = [];
  let size = 0;
  let done = false;
  while (size < SNIFF_BYTES && !done) {
    const next = await source.next();
    if (next.done) done = true;
    else {
      read.push(next.value);
      size += next.value.length;
    }
  }
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* read;
      yield* source;
    } finally {
      await source.return();
    }
  }
  return { head: Buffer.concat(read), all: all() };
}

function badKey(noun: string, kind?: string): RejectedError {
  return new RejectedError(`the ${noun} cannot be read: its key does not open it, or it is damaged`, {
    code: "wecom-bot.media-key",
    hint: `Ask the sender to send it again${kind === undefined ? "" : ` (${kind})`}.`,
  });
}

function gone(noun: string, status: number): RejectedError {
  return new RejectedError(
    `the ${noun} cannot be fetched any more (HTTP ${status}): its address lives ${MEDIA_URL_MS / 60_000} minutes`,
    { code: "wecom-bot.media-expired", hint: "Ask the sender to send it again." },
  );
}

function foreign(noun: string, url: URL | undefined): RejectedError {
  return new RejectedError(`the ${noun} is not fetched: ${url?.host ?? "its address"} is no host of WeCom's`, {
    code: "wecom-bot.media-host",
    hint: "Add the host to mediaHosts if it belongs to your private deployment.",
  });
}

/** The system's word for it; its text may name the signed address. */
function reasonOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const word = [cause?.code, code].find((candidate) => typeof candidate === "string");
  return typeof word === "string" ? word : "the connection failed";
}
