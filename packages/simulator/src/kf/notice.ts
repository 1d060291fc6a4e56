import { randomId } from "../ids.ts";
import { type Customer, show } from "./state.ts";

/** A grey line between the bubbles. */
export function notice(
  customer: Customer,
  now: number,
  text: string,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const at = new Date(now).toISOString();
  show(customer, {
    id: randomId("note", 9),
    direction: "notice",
    at,
    kind: "notice",
    text,
    state: "shown",
    by: "system",
    ...more,
  });
}
