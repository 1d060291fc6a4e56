import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { SimClock } from "./clock.ts";
import type { CallbackKeys, Damage, Envelope } from "./crypto.ts";
import { encryptFrame, sealEnvelope, sign } from "./crypto.ts";
import { type Faults, numberOf } from "./faults.ts";
import { randomId } from "./ids.ts";
import type { RequestLog } from "./request-log.ts";

/** Where one account's webhooks go, and with which keys. */
export interface CallbackEndpoint {
  readonly keys: CallbackKeys;
  readonly aesKey: Buffer;
  /** Names a fault's `target` may be compared with. */
  readonly targets: readonly string[];
  url: string | undefined;
  /** The newest deliveries, newest last. */
  readonly deliveries: CallbackDelivery[];
}

export interface CallbackAttempt {
  readonly at: string;
  readonly status: number | null;
  readonly durationMs: number;
  readonly error?: string;
}

export interface CallbackDelivery {
  readonly id: string;
  readonly account: string;
  readonly at: string;
  readonly attempts: CallbackAttempt[];
  state: "waiting" | "delivered" | "failed" | "dropped" | "no-url";
}

export interface CallbackJob {
  readonly endpoint: CallbackEndpoint;
  readonly account: string;
  /** The message before encryption. */
  readonly plain: string;
  /** The body around an envelope: XML or JSON, as the channel has it. */
  readonly wrap: (envelope: Envelope) => string;
  readonly contentType: string;
  /** Attempts in total, whatever the options say. */
  readonly attempts?: number;
  /** Attempts in total where the options say nothing; 3. */
  readonly usualAttempts?: number;
  /** Hears the body of the answer that was taken. */
  readonly onAnswer?: (body: string) => void;
  /** Hears the status when no attempt is left, or null when there was no answer at all. */
  readonly onFailed?: (status: number | null) => void;
  /** Of an answer that is read; 65,536 where a short one is due. */
  readonly answerCharacters?: number;
}

export interface UrlCheck {
  readonly ok: boolean;
  readonly status: number | null;
  readonly body: string;
  readonly durationMs: number;
  /** Why the console would refuse to save this URL. */
  readonly reason?: string;
}

export interface CallbackOptions {
  /** How long the receiver may take; 5,000 ms by the book, about 1,800 ms as once observed. */
  readonly timeoutMs?: number;
  /** Attempts in total; 3, and 4 for self-built apps. */
  readonly attempts?: number;
  /** Simulated time before the second, third … attempt; 2,000 and 4,000 ms. */
  readonly retryDelaysMs?: readonly number[];
}

export interface CallbackSender {
  /** The GET that the console does when an admin saves the address. */
  check(endpoint: CallbackEndpoint, url: string): Promise<UrlCheck>;
  /** Sends in the background, with retries; every attempt is recorded. */
  send(job: CallbackJob): void;
  /** Resolves when nothing is on its way any more; retries that wait for the clock do not count. */
  idle(): Promise<void>;
  close(): void;
}

const DAMAGES: readonly (readonly [string, Damage])[] = [
  ["callback.bad-signature", "signature"],
  ["callback.bad-padding", "padding"],
  ["callback.bad-receiveid", "receiveid"],
  ["callback.bad-ciphertext", "ciphertext"],
];

const USUAL_ATTEMPTS = 3;
const KEPT_DELIVERIES = 200;
const URL_CHECK_TIMEOUT_MS = 1000;
const REORDER_LONGEST_MS = 10_000;

const ANSWER_CHARACTERS = 65_536;

interface Sent {
  readonly body?: string;
  readonly contentType: string;
  readonly answerCharacters?: number | undefined;
}

interface Answer {
  readonly status: number | null;
  readonly body: string;
  readonly durationMs: number;
  readonly error?: string;
}

export function createCallbackSender(
  { clock, faults, log }: { clock: SimClock; faults: Faults; log: RequestLog },
  { timeoutMs = 5000, attempts, retryDelaysMs = [2000, 4000] }: CallbackOptions = {},
): CallbackSender {
  const agents = {
    http: new HttpAgent({ keepAlive: true, maxSockets: 128 }),
    https: new HttpsAgent({ keepAlive: true, maxSockets: 128 }),
  };
  const onTheWay = new Set<Promise<unknown>>();
  const held = new Map<CallbackEndpoint, () => void>();
  let closed = false;

  async function check(endpoint: CallbackEndpoint, url: string): Promise<UrlCheck> {
    const { keys, aesKey } = endpoint;
    const wanted = String(Math.floor(Math.random() * 9e15) + 1e15);
    const encrypt = encryptFrame(aesKey, wanted, keys.receiveId);
    const timestamp = String(Math.floor(clock.now() / 1000));
    const nonce = randomId("", 6);
    const query = new URLSearchParams({
      msg_signature: sign(keys.token, timestamp, nonce, encrypt),
      timestamp,
      nonce,
      echostr: encrypt,
    });
    const answer = await exchange("GET", url, query, { contentType: "" }, URL_CHECK_TIMEOUT_MS);
    record("GET", url, query, `echostr of ${wanted}`, answer, []);
    const reason = refusal(answer, wanted);
    const { status, body, durationMs } = answer;
    return { ok: reason === undefined, status, body: body.slice(0, 500), durationMs, ...(reason ? { reason } : {}) };
  }

  function send(job: CallbackJob): void {
    const { endpoint } = job;
    const targets = [...endpoint.targets, job.account];
    const delivery: CallbackDelivery = {
      id: randomId("cb-", 9),
      account: job.account,
      at: new Date(clock.now()).toISOString(),
      attempts: [],
      state: endpoint.url ? "waiting" : "no-url",
    };
    endpoint.deliveries.push(delivery);
    if (endpoint.deliveries.length > KEPT_DELIVERIES) endpoint.deliveries.shift();
    if (!endpoint.url) return;
    if (faults.take("callback.drop", targets)) {
      delivery.state = "dropped";
      return;
    }
    const delay = faults.take("callback.delay", targets);
    if (delay) clock.schedule(numberOf(delay), () => release(job, delivery, targets));
    else release(job, delivery, targets);
  }

  function release(job: CallbackJob, delivery: CallbackDelivery, targets: readonly string[]): void {
    const start = () => track(deliver(job, delivery, targets));
    const earlier = held.get(job.endpoint);
    if (!earlier && faults.take("callback.reorder", targets)) {
      const letGo = () => {
        if (held.get(job.endpoint) !== letGo) return;
        held.delete(job.endpoint);
        start();
      };
      held.set(job.endpoint, letGo);
      clock.schedule(REORDER_LONGEST_MS, letGo);
      return;
    }
    const sent = start();
    if (earlier) void sent.then(earlier);
  }

  function track(work: Promise<void>): Promise<void> {
    onTheWay.add(work);
    return work.finally(() => onTheWay.delete(work));
  }

  async function deliver(job: CallbackJob, delivery: CallbackDelivery, targets: readonly string[]): Promise<void> {
    const damage = DAMAGES.find(([name]) => faults.take(name, targets))?.[1];
    const seal = () => sealEnvelope(job.endpoint.keys, job.endpoint.aesKey, job.plain, clock.now(), damage);
    const envelope = seal();
    const copies = faults.take("callback.duplicate", targets);
    const extra = Array.from({ length: copies ? numberOf(copies) : 0 }, () =>
      attempt(job, delivery, targets, envelope, damage),
    );
    const ok = await attempt(job, delivery, targets, envelope, damage);
    await Promise.all(extra);
    if (ok) delivery.state = "delivered";
    else retryLater(job, delivery, targets, envelope, seal, damage, 1);
  }

  function retryLater(
    job: CallbackJob,
    delivery: CallbackDelivery,
    targets: readonly string[],
    envelope: Envelope,
    seal: () => Envelope,
    damage: Damage | undefined,
    made: number,
  ): void {
    if (closed || made >= (job.attempts ?? attempts ?? job.usualAttempts ?? USUAL_ATTEMPTS)) {
      delivery.state = "failed";
      job.onFailed?.(delivery.attempts.at(-1)?.status ?? null);
      return;
    }
    clock.schedule(retryDelaysMs[Math.min(made - 1, retryDelaysMs.length - 1)] ?? 0, () => {
      const again = faults.take("callback.fresh-retry", targets) ? seal() : envelope;
      const work = attempt(job, delivery, targets, again, damage).then((ok) => {
        if (ok) delivery.state = "delivered";
        else retryLater(job, delivery, targets, again, seal, damage, made + 1);
      });
      void track(work);
    });
  }

  async function attempt(
    job: CallbackJob,
    delivery: CallbackDelivery,
    targets: readonly string[],
    envelope: Envelope,
    damage: Damage | undefined,
  ): Promise<boolean> {
    const url = job.endpoint.url;
    if (closed || !url) return false;
    const hurry = faults.take("callback.timeout-ms", targets);
    const { signature: msg_signature, timestamp, nonce } = envelope;
    const query = new URLSearchParams({ msg_signature, timestamp, nonce });
    const at = new Date(clock.now()).toISOString();
    const limit = hurry ? numberOf(hurry) : timeoutMs;
    const { contentType, answerCharacters } = job;
    const sent = { body: job.wrap(envelope), contentType, answerCharacters };
    const answer = await exchange("POST", url, query, sent, limit);
    const { status, durationMs, error } = answer;
    delivery.attempts.push({ at, status, durationMs, ...(error ? { error } : {}) });
    record("POST", url, query, job.plain, answer, damage ? [`damaged: ${damage}`] : []);
    if (status === 200) job.onAnswer?.(answer.body);
    return status === 200;
  }

  function record(
    method: string,
    url: string,
    query: URLSearchParams,
    body: string,
    answer: Answer,
    notes: string[],
  ): void {
    if (closed) return;
    log.add({
      kind: "callback",
      atMs: clock.now() - answer.durationMs,
      method,
      path: url,
      query,
      body,
      status: answer.status,
      answer: answer.body.slice(0, ANSWER_CHARACTERS),
      durationMs: answer.durationMs,
      notes: answer.error ? [...notes, answer.error] : notes,
    });
  }

  function exchange(
    method: string,
    address: string,
    query: URLSearchParams,
    { body, contentType, answerCharacters = ANSWER_CHARACTERS }: Sent,
    limitMs: number,
  ): Promise<Answer> {
    const started = performance.now();
    const url = new URL(address);
    for (const [name, value] of query) url.searchParams.append(name, value);
    const secure = url.protocol === "https:";
    const headers =
      body === undefined ? {} : { "content-type": contentType, "content-length": Buffer.byteLength(body) };
    const durationMs = () => Math.round(performance.now() - started);
    return new Promise((resolve) => {
      const request = (secure ? httpsRequest : httpRequest)(
        // `+` in a query stands for a space to some servers; the platform percent-encodes it, as URL does.
        url,
        { method, headers, agent: secure ? agents.https : agents.http },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            if (text.length < answerCharacters) text += chunk;
          });
          response.on("end", () =>
            finish({ status: response.statusCode ?? null, body: text, durationMs: durationMs() }),
          );
          response.on("error", (error) =>
            finish({ status: null, body: text, durationMs: durationMs(), error: error.message }),
          );
        },
      );
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${limitMs} ms`)), limitMs);
      function finish(answer: Answer): void {
        clearTimeout(timer);
        resolve(answer);
      }
      request.on("error", (error) =>
        finish({ status: null, body: "", durationMs: durationMs(), error: error.message }),
      );
      request.end(body);
    });
  }

  return {
    check,
    send,
    async idle() {
      while (onTheWay.size > 0) await Promise.all(onTheWay);
    },
    close() {
      closed = true;
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function refusal(answer: Answer, wanted: string): string | undefined {
  if (answer.error) return `The address could not be reached: ${answer.error}.`;
  if (answer.status !== 200) return `The address answered HTTP ${answer.status} instead of 200.`;
  if (answer.body !== wanted) return "The answer is not exactly the decrypted echostr (no quotes, no line break).";
  return undefined;
}
