import type { InboundEvent, OutboundContent } from "@wxgate/core";
import { admit } from "./access.ts";
import type { Pairing } from "./pairing.ts";
import type { ChannelSettings } from "./settings.ts";

/**
 * The answer to an event that cannot wait for a turn: what the channel's own configuration says, else the common
 * `welcomeText`; and only for those who may talk.
 */
export async function instantAnswer(
  event: InboundEvent,
  settings: ChannelSettings,
  pairing: Pick<Pairing, "isPaired">,
  configured?: OutboundContent,
): Promise<OutboundContent | undefined> {
  const content = configured ?? (event.kind === "entered" ? welcome(settings.welcomeText) : undefined);
  if (content === undefined) return undefined;
  const sender = event.sender ?? { id: event.from.peer };
  if (!(await admit(settings, event.from, sender, pairing)).allowed) return undefined;
  const fill = (text: string) =>
    text
      .replaceAll("{name}", sender.name ?? "")
      .replaceAll("{id}", sender.id)
      .replaceAll("{channel}", event.from.channel);
  if (content.kind === "text") return { ...content, text: fill(content.text) };
  if (content.kind !== "menu") return content;
  const { head, tail } = content;
  return { ...content, ...(head && { head: fill(head) }), ...(tail && { tail: fill(tail) }) };
}

function welcome(text: string | undefined): OutboundContent | undefined {
  return text === undefined || text === "" ? undefined : { kind: "text", text, format: "plain" };
}
