import { RejectedError, type Turn } from "@wxgate/core";

/** The model answered, and nothing of it may be said: asking again would change nothing. */
export function filteredOut(turn: Turn): RejectedError {
  return new RejectedError(`the model's server filtered out the whole answer to turn ${turn.id}`, {
    code: "agent.filtered",
    hint: "See the content filter of the model's server.",
  });
}
