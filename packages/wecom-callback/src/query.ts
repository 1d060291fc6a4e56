/** What the platform writes behind the callback URL. */
export interface CallbackQuery {
  readonly signature: string;
  /** Exactly as received: a nonce keeps its leading zeros. */
  readonly timestamp: string;
  readonly nonce: string;
  /** Only on a URL check. */
  readonly echostr: string | undefined;
}

const NAMES: ReadonlySet<string> = new Set([
  "msg_signature",
  "msgsignature",
  "signature",
  "timestamp",
  "nonce",
  "echostr",
]);

/**
 * Reads the parameters from a URL; others may stand beside them.
 *
 * @returns undefined when one is missing, stands there twice or is wrongly encoded
 */
export function parseQuery(url: string): CallbackQuery | undefined {
  const found = readParameters(url);
  if (!found) return undefined;

  // The documented name, then what gateways and the bot's own replies use; the first one that is not empty counts.
  const signature = found.msg_signature || found.msgsignature || found.signature;
  const { timestamp, nonce, echostr } = found;
  if (!signature || !timestamp || !nonce) return undefined;
  // Base64 has no space: it was a plus sign that somebody decoded on the way.
  return { signature, timestamp, nonce, echostr: echostr?.trim().replaceAll(" ", "+") };
}

function readParameters(url: string): Record<string, string | undefined> | undefined {
  const found: Record<string, string | undefined> = {};
  const start = url.indexOf("?");
  if (start < 0) return undefined;
  const hash = url.indexOf("#", start);

  for (const pair of url.slice(start + 1, hash < 0 ? undefined : hash).split("&")) {
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    if (name === undefined || !NAMES.has(name)) continue;
    const value = decode(equals < 0 ? "" : pair.slice(equals + 1));
    if (value === undefined || found[name] !== undefined) return undefined;
    found[name] = value;
  }
  return found;
}

function decode(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
