import type { Address, DeliveryState, ReplyPolicy, StoredError } from "@wxgate/core";

/** What is known of a conversation when its head asks to be sent. */
export interface SendStanding {
  readonly kind: Address["kind"];
  readonly lastInboundAt: number | null;
  readonly sendsSinceInbound: number;
  /** The platform closed the window by itself. */
  readonly windowClosed: boolean;
}

export type Verdict =
  | { readonly send: true; readonly sendsLeft?: number }
  | { readonly send: false; readonly error: StoredError };

/** Window and sends per inbound message: what only the person's next message opens again. */
export function judge(policy: ReplyPolicy | undefined, standing: SendStanding, now: number): Verdict {
  if (standing.windowClosed) return refuse("delivery.window-closed", "the platform closed the conversation");
  if (policy === undefined || !appliesTo(policy, standing.kind)) return { send: true };
  const { windowMs, sendsPerInbound } = policy;
  if (windowMs !== undefined) {
    if (standing.lastInboundAt === null) {
      return refuse("delivery.window-closed", "this person has not written yet");
    }
    if (now - standing.lastInboundAt > windowMs) {
      return refuse("delivery.window-closed", `the person's last message is older than ${words(windowMs)}`);
    }
  }
  if (sendsPerInbound === undefined) return { send: true };
  const left = sendsPerInbound - standing.sendsSinceInbound;
  if (left <= 0 && policy.countsItself !== true) {
    return refuse("delivery.quota-used", `all ${sendsPerInbound} sends since the person's last message are used`);
  }
  return { send: true, sendsLeft: Math.max(0, left - 1) };
}

export function appliesTo(policy: ReplyPolicy, kind: Address["kind"]): boolean {
  return policy.kinds === undefined || policy.kinds.includes(kind);
}

function refuse(code: string, message: string): Verdict {
  return { send: false, error: { code, message, hint: "it goes out first when the person writes again" } };
}

function words(ms: number): string {
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000} hours` : `${Math.round(ms / 1000)} seconds`;
}

/** States nothing follows on by itself. */
export const REDRIVABLE: readonly DeliveryState[] = ["dead", "failed-late", "discarded"];
