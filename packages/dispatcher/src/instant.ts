import type { InboundEvent, OutboundContent } from "@wxgate/core";
import { decideAccess } from "./access.ts";
import type { ChannelSettings } from "./settings.ts";

/** The answer to an event that cannot wait for a turn: from configuration, and only for those who may talk. */
export function instantAnswer(event: InboundEvent, settings: ChannelSettings): OutboundContent | undefined {
  if (event.kind !== "entered" || settings.welcomeText === undefined || settings.welcomeText === "") return undefined;
  const sender = event.sender ?? { id: event.from.peer };
  if (!decideAccess(settings, event.from, sender, false).allowed) return undefined;
  const text = settings.welcomeText
    .replaceAll("{name}", sender.name ?? "")
    .replaceAll("{id}", sender.id)
    .replaceAll("{channel}", event.from.channel);
  return { kind: "text", text, format: "plain" };
}
