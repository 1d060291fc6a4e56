import type { Channel } from "@wxgate/core";
import { type Call, callOf } from "./call.ts";
import type { CallbackFormat } from "./envelope.ts";
import { type Callback, type CallbackOpenerOptions, createCallOpener, type OpenedCallback } from "./open.ts";
import { type RefusalReason, refusalResponse } from "./refusal.ts";
import { acknowledged } from "./text-response.ts";

export interface CallbackWebhookOptions<F extends CallbackFormat> extends CallbackOpenerOptions<F> {
  /** Takes a verified callback and gives its answer; undefined when the content shows that it is another channel's. */
  readonly handle: (callback: Callback<F>) => Promise<Response | undefined>;
  /** Hears of every request that is answered with a refusal. */
  readonly onRefused?: (reason: RefusalReason) => void;
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
  const { handle, onRefused } = options;
  const open = createCallOpener(options);

  async function refuse(reason: RefusalReason, call: Call): Promise<Response> {
    onRefused?.(reason);
    if (reason === "too-large") await call.discard();
    return refusalResponse(reason);
  }

  /** The answer of a callback that is for us, or undefined when it turned out to be another channel's. */
  async function settle(
    opened: Exclude<OpenedCallback<F>, { kind: "foreign" }>,
    call: Call,
  ): Promise<Response | undefined> {
    if (opened.kind === "refused") {
      call.claimed = opened.signed;
      return refuse(opened.reason, call);
    }
    const answer = opened.kind === "check" ? opened.response : await handle(opened);
    if (answer) call.claimed = true;
    return answer;
  }

  /** What to answer when no channel wanted it. */
  async function unclaimed(reason: ForeignReason, call: Call, others: Response | undefined): Promise<Response> {
    if (reason === "unaccepted") return others?.ok ? others : acknowledged();
    // A right signature outweighs the others' "wrong signature".
    if (others && (reason !== "undecryptable" || others.status !== 401)) return others;
    return refuse(reason === "unlikely" ? "signature" : reason, call);
  }

  /** The channel is asked again, now that none of those behind it has claimed the request. */
  async function second(call: Call, others: Response | undefined): Promise<Response> {
    const opened = await open(call, false);
    if (opened.kind === "foreign") return unclaimed(opened.reason, call, others);
    return (await settle(opened, call)) ?? unclaimed("unaccepted", call, others);
  }

  async function first(call: Call, next: Next | undefined): Promise<Response> {
    const opening = open(call, next !== undefined);
    const opened = opening instanceof Promise ? await opening : opening;
    const answer = opened.kind === "foreign" ? undefined : await settle(opened, call);
    if (answer) return answer;

    const reason = opened.kind === "foreign" ? opened.reason : "unaccepted";
    const others = await next?.();
    if (call.claimed && others) return others;
    return reason === "unlikely" ? second(call, others) : unclaimed(reason, call, others);
  }

  /** The first on the path: whoever let others go first is asked after them, the last one first. */
  function outermost(call: Call, next: Next | undefined): Promise<Response> {
    call.hasFirst = true;
    return first(call, next && (() => askAll(call, next)));
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
type ForeignReason = Extract<OpenedCallback<CallbackFormat>, { kind: "foreign" }>["reason"];
