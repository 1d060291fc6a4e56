import type { Channel } from "@wxgate/core";
import { acknowledged } from "./acknowledgement.ts";
import { type Call, callOf } from "./call.ts";
import type { CallbackFormat } from "./envelope.ts";
import { type Callback, type CallbackOpenerOptions, createCallOpener, type OpenedCallback } from "./open.ts";
import { type RefusalReason, refusalResponse } from "./refusal.ts";

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

  return async function webhook(request, next) {
    const call = callOf(request);
    const opening = open(call, next !== undefined);
    // Twenty channels on a path: nineteen of them answer at once, and one that waited would cost as much as all of these.
    const first = opening instanceof Promise ? await opening : opening;
    const answer = first.kind === "foreign" ? undefined : await settle(first, call);
    if (answer) return answer;

    const reason = first.kind === "foreign" ? first.reason : "unaccepted";
    const others = await next?.();
    if (call.claimed && others) return others;
    if (reason !== "unlikely") return unclaimed(reason, call, others);

    const second = await open(call, false);
    if (second.kind === "foreign") return unclaimed(second.reason, call, others);
    return (await settle(second, call)) ?? unclaimed("unaccepted", call, others);
  };
}

type ForeignReason = Extract<OpenedCallback<CallbackFormat>, { kind: "foreign" }>["reason"];
