import type { Address, OutboundContent } from "@wxgate/core";
import type { Pairing, PairingRequest } from "./pairing.ts";
import type { ChannelSettings } from "./settings.ts";

/** Pairing as operators see it: who asked, who was let in, and the decisions, which the person is told. */
export interface PairingDesk extends Pick<Pairing, "requests" | "people" | "revoke"> {
  /** Undefined: there is no such code, or not any more. */
  approve(code: string): Promise<PairingDecision | undefined>;
  reject(code: string): Promise<PairingDecision | undefined>;
}

interface PairingDecision {
  readonly request: PairingRequest;
  /** A sentence to the person was queued. */
  readonly told: boolean;
}

export interface PairingDeskOptions {
  readonly pairing: Pairing;
  /** Undefined: not configured any more. */
  channel(id: string): ChannelSettings | undefined;
  send(to: Address, content: readonly OutboundContent[], source: string): Promise<unknown>;
}

export function createPairingDesk({ pairing, channel, send }: PairingDeskOptions): PairingDesk {
  /** Tells the person how it was decided, where there still is a way to do so. */
  async function tell(
    request: PairingRequest | undefined,
    notice: "paired" | "pairingRejected",
  ): Promise<PairingDecision | undefined> {
    if (request === undefined) return undefined;
    const { conversation } = request;
    const text = channel(conversation.channel)?.notices[notice] ?? "";
    if (text !== "") await send(conversation, [{ kind: "text", text, format: "plain" }], "pairing");
    return { request, told: text !== "" };
  }

  return {
    requests: pairing.requests,
    people: pairing.people,
    revoke: pairing.revoke,
    approve: async (code) => tell(await pairing.approve(code), "paired"),
    reject: async (code) => tell(await pairing.reject(code), "pairingRejected"),
  };
}
