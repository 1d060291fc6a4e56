import type { Channel } from "@wxgate/core";
import { type Call, callOf } from "./call.ts";
import type { CallbackBodies, CallbackFormat } from "./envelope.ts";
import { type Callback, type CallbackOpenerOptions, createCallOpener, type OpenedCallback } from "./open.ts";
import { type RefusalReason, refusalResponse } from "./refusal.ts";
import { acknowledged } from "./text-response.ts";

export interface CallbackWebhookOptions<F extends CallbackFormat> extends CallbackOpenerOptions<F> {
  /** Takes a verified callback and gives its answer; undefined when the content shows that it is another channel's. */
  readonly handle: (callback: Callback<F>) => Promise<Response | undefined>;
  /** Hears of every request that is answered with a refusal. */
  readonly onRefused?: (reason: RefusalReason) => void;
  /** Hears of every verified callback that is acknowledged although no channel on the path takes it. */
  readonly onUnwanted?: (body: CallbackBodies[F]) => void;
}

export type CallbackWebhook = NonNullable<Channel["webhook"]>;

/**
 * A channel's `webhook`: opens the request, has it handled, and passes on what is another channel's.
 *
 * Along a path shared by many channels `next` must hand on the same `Request` object; its body is read and its envelope
 * parsed once. A channel that the envelope does not name lets the others go first and tries its own token only when none of
 * them has claimed the request, so that twenty channels on one path check one signature.
 *
 * A callback that was verified but that no channel wants is acknowledged, since the platform would only repeat it.
 */
export function createCallbackWebhook<F extends CallbackFormat>(options: CallbackWebhookOptions<F>): CallbackWebhook {
  const { handle, onRefused, onUnwanted } = options;
  const open = createCallOpener(options);

  async function refuse(reason: RefusalReason, call: Call): Promise<Response> {
    call.report = () => onRefused?.(reason);
    if (reason === "too-large") await call.discard();
    return refusalResponse(reason);
  }

  /** The answer of a callback that is for us; else why it is not, which may turn out late. */
  async function settle(opened: OpenedCallback<F>, call: Call): Promise<Response | Foreign<F>> {
    if (opened.kind === "foreign") return opened;
    call.claimed = opened.kind !== "refused" || opened.signed;
    if (opened.kind === "check") return opened.response;
    if (opened.kind === "refused") {
      if (opened.signed) onRefused?.(opened.reason);
      return refuse(opened.reason, call);
    }
    const answer = await handle(opened);
    if (answer) return answer;
    call.claimed = false;
    return { kind: "foreign", reason: "unaccepted", body: opened.body };
  }

  /** What to answer when no channel wanted it. */
  async function unclaimed(foreign: Foreign<F>, call: Call, others: Response | undefined): Promise<Response> {
    if (foreign.reason === "unaccepted") {
      if (others?.ok) return others;
      call.report = () => onUnwanted?.(foreign.body);
      return acknowledged();
    }
    const { reason } = foreign;
    // A right signature outweighs the others' "wrong signature".
    if (others && (reason !== "undecryptable" || others.status !== 401)) return others;
    return refuse(reason === "unlikely" ? "signature" : reason, call);
  }

  /** The channel is asked again, now that none of those behind it has claimed the request. */
  async function second(call: Call, others: Response | undefined): Promise<Response> {
    const settled = await settle(await open(call, false), call);
    return isForeign(settled) ? unclaimed(settled, call, others) : settled;
  }

  async function first(call: Call, next: Next | undefined): Promise<Response> {
    const opening = open(call, next !== undefined);
    const settled = await settle(opening instanceof Promise ? await opening : opening, call);
    if (!isForeign(settled)) return settled;

    const others = await next?.();
    if (call.claimed && others) return others;
    return settled.reason === "unlikely" ? second(call, others) : unclaimed(settled, call, others);
  }

  /** The first on the path: whoever let others go first is asked after them, the last one first. */
  async function outermost(call: Call, next: Next | undefined): Promise<Response> {
    call.hasFirst = true;
    const answer = await first(call, next && (() => askAll(call, next)));
    if (!call.claimed) call.report?.();
    return answer;
  }

  async function askAll(call: Call, next: Next): Promise<Response> {
    let answer = await next();
    for (let again = call.second.pop(); again && !call.claimed; again = call.second.pop()) {
      answer = await again(call, answer);
    }
    return answer;
  }

  return function webhook(request, next) {
    const call = callOf(request);
    if (!call.hasFirst) return outermost(call, next);
    if (!next || !open.isUnlikely(call)) return first(call, next);
    call.second.push(second);
    return next();
  };
}

type Next = () => Promise<Response>;
type Foreign<F extends CallbackFormat> = Extract<OpenedCallback<F>, { kind: "foreign" }>;

function isForeign<F extends CallbackFormat>(settled: Response | Foreign<F>): settled is Foreign<F> {
  return "kind" in settled;
}
