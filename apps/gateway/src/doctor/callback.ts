import { parseXml, xmlText } from "@wxgate/wecom-callback";
import { createCrypto, type SignedParts, WecomCryptoError } from "@wxgate/wecom-crypto";
import { type Finding, note, ok, wrong } from "./finding.ts";

/** A configured channel that takes callbacks. */
export interface CallbackReceiver {
  readonly id: string;
  readonly format: "xml" | "json";
  readonly paths: readonly string[];
  readonly token: string;
  readonly encodingAESKey: string;
  /** Corp id; empty: any. */
  readonly receiveId: string;
}

/** One request of the platform, as a proxy or a log shows it. */
export interface CallbackSample {
  readonly url: string;
  /** Absent: the console's check of the address. */
  readonly body?: string;
}

interface Envelope extends SignedParts {
  readonly signature: string;
}

const MAX_AGE_SECONDS = 600;

/** Says step by step why a callback is refused: address, query, envelope, signature, key, receiver. */
export function diagnoseCallback(
  { url, body }: CallbackSample,
  receivers: readonly CallbackReceiver[],
  nowMs: number,
): readonly Finding[] {
  if (!URL.canParse(url))
    return [wrong("address", "it is no whole address; copy all of it, from https:// to the last parameter")];
  const { pathname, search } = new URL(url);
  const here = receivers.filter(({ paths }) => paths.includes(pathname));
  const findings: Finding[] = [addressFinding(pathname, here, receivers)];
  const format = body === undefined ? undefined : formatOf(body);
  if (body !== undefined) findings.push(bodyFinding(body, format, here));

  const query = queryOf(search);
  const encrypt = body === undefined ? query.get("echostr") : encryptedOf(body, format);
  const missing = ["msg_signature", "timestamp", "nonce", ...(body === undefined ? ["echostr"] : [])].filter(
    (name) => (query.get(name) ?? "") === "",
  );
  if (missing.length > 0) return [...findings, queryFinding(search, missing, query)];
  findings.push(
    ok("query", "msg_signature, timestamp and nonce are there"),
    timeFinding(Number(query.get("timestamp")), nowMs),
  );
  if (encrypt === undefined) return findings;

  const envelope: Envelope = {
    signature: query.get("msg_signature") ?? "",
    timestamp: query.get("timestamp") ?? "",
    nonce: query.get("nonce") ?? "",
    encrypt,
  };
  return [...findings, ...secretFindings(envelope, here, receivers)];
}

function addressFinding(path: string, here: readonly CallbackReceiver[], all: readonly CallbackReceiver[]): Finding {
  if (here.length > 0) return ok("address", `${path} is the path of ${here.map(({ id }) => id).join(", ")}`);
  const paths = all.flatMap(({ id, paths: own }) => own.map((one) => `${one} (${id})`));
  const known = paths.length === 0 ? "no channel takes callbacks" : `the paths are ${paths.join(", ")}`;
  return wrong(
    "address",
    `no channel answers at ${path}; ${known}. Correct the address in the console, or the channel's \`path\``,
  );
}

/** Without taking a plus for a space, as some servers and proxies do. */
function queryOf(search: string): ReadonlyMap<string, string> {
  const pairs = search.replace(/^\?/, "").split("&").filter(Boolean);
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      return at < 0 ? [pair, ""] : [pair.slice(0, at), decoded(pair.slice(at + 1))];
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A broken escape stays as it is; the signature will say so.
    return text;
  }
}

function queryFinding(search: string, missing: readonly string[], query: ReadonlyMap<string, string>): Finding {
  if (search === "") {
    return wrong(
      "query",
      "there is none: the proxy in front of the gateway drops it. Pass the whole address on (nginx: proxy_pass without a path, or with $request_uri), or paste the address from a log that shows it",
    );
  }
  if (query.has("signature") && !query.has("msg_signature")) {
    return wrong(
      "query",
      "it has `signature` instead of `msg_signature`: it is a callback of an official account or mini program, not of WeCom; give WeCom's console this address",
    );
  }
  return wrong(
    "query",
    `${missing.join(", ")} is missing: the proxy rewrites the query, or the address was cut off when it was copied`,
  );
}

function timeFinding(timestamp: number, nowMs: number): Finding {
  const ageSeconds = Math.round(nowMs / 1000 - timestamp);
  if (!Number.isFinite(timestamp)) return wrong("time", "the timestamp is no number: the query was changed on its way");
  if (Math.abs(ageSeconds) <= MAX_AGE_SECONDS) return ok("time", `${ageSeconds} s old`);
  const words = ageSeconds > 0 ? `${ageSeconds} s old` : `${-ageSeconds} s in the future`;
  return note(
    "time",
    `it is ${words}; if it was taken just now, this machine's clock is wrong, and a channel with callbackMaxSkewSeconds refuses it`,
  );
}

function formatOf(body: string): "xml" | "json" | undefined {
  const start = body.trimStart().charAt(0);
  return start === "<" ? "xml" : start === "{" ? "json" : undefined;
}

function bodyFinding(body: string, format: "xml" | "json" | undefined, here: readonly CallbackReceiver[]): Finding {
  if (body.trim() === "")
    return wrong("body", "it is empty: the proxy drops the body, or answers a redirect that makes it a GET");
  if (format === undefined)
    return wrong("body", "it is neither XML nor JSON: something on the way compressed or rewrote it");
  if (encryptedOf(body, format) === undefined) {
    return wrong(
      "body",
      `it holds no ${format === "xml" ? "<Encrypt>" : '"encrypt"'}: it was decrypted on the way, is not WeCom's, or the app is set to plain text`,
    );
  }
  if (here.length === 0 || here.some((receiver) => receiver.format === format))
    return ok("body", `encrypted ${format.toUpperCase()}`);
  const [what, where] =
    format === "xml"
      ? ["an app's or customer service's XML", "an AI bot's path"]
      : ["an AI bot's JSON", "the path of an app or of customer service"];
  return wrong(
    "body",
    `it is ${what}, on ${where} (${here.map(({ id }) => id).join(", ")}): the addresses were mixed up in the console`,
  );
}

function encryptedOf(body: string, format: "xml" | "json" | undefined): string | undefined {
  try {
    if (format === "xml") return xmlText(parseXml(body), "Encrypt");
    const { encrypt } = JSON.parse(body) as { encrypt?: unknown };
    return typeof encrypt === "string" ? encrypt : undefined;
  } catch {
    // That it cannot be read is said of the body.
    return undefined;
  }
}

function secretFindings(
  envelope: Envelope,
  here: readonly CallbackReceiver[],
  all: readonly CallbackReceiver[],
): readonly Finding[] {
  const candidates = here.length > 0 ? here : all;
  const signer = candidates.find((receiver) => isSigned(receiver, envelope));
  if (signer !== undefined)
    return [ok("token", `the signature is right for ${signer.id}`), ...contentFindings(signer, envelope)];

  const changed = repaired(envelope);
  const repairable = changed && candidates.find((receiver) => isSigned(receiver, changed));
  if (changed && repairable) {
    return [
      wrong(
        "query",
        `a "+" was turned into a space on the way: with it the signature is right for ${repairable.id}. The proxy decodes the query and writes it anew; have it pass the address on unchanged`,
      ),
      ...contentFindings(repairable, changed),
    ];
  }
  const stranger = all.find((receiver) => isSigned(receiver, envelope));
  if (stranger)
    return [
      wrong(
        "address",
        `the signature is right for ${stranger.id}, whose paths are ${stranger.paths.join(", ")}: correct the address in the console`,
      ),
    ];
  const reader = candidates.find((receiver) => contentFindings(receiver, envelope)[0]?.result === "ok");
  if (reader)
    return [
      wrong(
        "token",
        `the signature is wrong though the key of ${reader.id} is right: its Token differs from the console's, or the query was changed on its way`,
      ),
    ];
  return [
    wrong(
      "token",
      `the signature is wrong for ${candidates.map(({ id }) => id).join(", ") || "every channel"}: the Token differs from the console's, it is another channel's callback, or it was changed on its way`,
    ),
  ];
}

/** With the spaces that may have been pluses; undefined: there are none. */
function repaired(envelope: Envelope): Envelope | undefined {
  if (!/[ ]/.test(envelope.encrypt + envelope.nonce)) return undefined;
  const plus = (text: string) => text.replaceAll(" ", "+");
  return { ...envelope, encrypt: plus(envelope.encrypt), nonce: plus(envelope.nonce) };
}

function isSigned({ token, encodingAESKey }: CallbackReceiver, { signature, ...parts }: Envelope): boolean {
  return createCrypto({ token, encodingAESKey }).verify(signature, parts);
}

function contentFindings(
  { id, token, encodingAESKey, receiveId }: CallbackReceiver,
  { encrypt }: Envelope,
): readonly Finding[] {
  try {
    // Any receiver is let in first: a wrong one then differs from a wrong key.
    const { receiveId: received } = createCrypto({ token, encodingAESKey }).decrypt(encrypt);
    const key = ok("key", `the content can be decrypted with the EncodingAESKey of ${id}`);
    if (receiveId === "" || received === receiveId)
      return [key, ok("receiveid", received === "" ? "it is empty" : received)];
    const words = received === "" ? "for an empty receiver" : `for "${received}"`;
    return [
      key,
      wrong(
        "receiveid",
        `it is meant ${words}, and ${id} is "${receiveId}": corpId (of a bot: receiveId) is another enterprise's, or the console of another one was used`,
      ),
    ];
  } catch (error) {
    if (!(error instanceof WecomCryptoError)) throw error;
    return [
      wrong(
        "key",
        `the content cannot be decrypted: the EncodingAESKey of ${id} differs from the console's, or the content was changed on its way`,
      ),
    ];
  }
}
