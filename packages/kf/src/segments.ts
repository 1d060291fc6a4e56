import type { InboundEvent, InboundMessage } from "@wxgate/core";
import type { NamedCustomer } from "./customers.ts";
import type { Parsed } from "./parse.ts";

/**
 * Cuts a page where the order counts: what changes who serves, and recalls, are stored after what stood before them and
 * before what stands behind.
 */
export function splitSegments(parsed: readonly Parsed[]): readonly (readonly Parsed[])[] {
  const segments: Parsed[][] = [];
  let previous: boolean | undefined;
  for (const item of parsed) {
    const inOrder = item.kind === "event" && (isServing(item.event) || item.event.kind === "recalled");
    if (inOrder !== previous) segments.push([]);
    previous = inOrder;
    segments.at(-1)?.push(item);
  }
  return segments;
}

/** @param live ids of the messages that may be answered; the others are history */
export function toBatch(
  segment: readonly Parsed[],
  live: ReadonlySet<string>,
): { messages: InboundMessage[]; history: InboundMessage[]; events: InboundEvent[] } {
  const batch = { messages: [] as InboundMessage[], history: [] as InboundMessage[], events: [] as InboundEvent[] };
  for (const item of segment) {
    if (item.kind === "event") batch.events.push(item.event);
    else (live.has(item.message.id) ? batch.messages : batch.history).push(item.message);
  }
  return batch;
}

/** The item with its customer's name, where that is known. An operator's event keeps the operator. */
export function withName(item: Parsed, names: ReadonlyMap<string, NamedCustomer>): Parsed {
  if (item.kind === "message") {
    const { message } = item;
    return { ...item, message: { ...message, sender: { ...message.sender, ...names.get(message.sender.id) } } };
  }
  const { event } = item;
  const named = event.sender === undefined ? names.get(event.from.peer) : undefined;
  return named === undefined ? item : { ...item, event: { ...event, sender: { id: event.from.peer, ...named } } };
}

/** Of each conversation the last event that says who serves it. */
export function lastServingEvents(parsed: readonly Parsed[]): Iterable<InboundEvent> {
  const last = new Map<string, InboundEvent>();
  for (const item of parsed)
    if (item.kind === "event" && isServing(item.event)) last.set(item.event.from.peer, item.event);
  return last.values();
}

function isServing({ kind }: InboundEvent): boolean {
  return kind === "session-changed" || kind === "operator-wrote";
}
