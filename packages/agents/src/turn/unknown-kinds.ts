import type { Logger } from "@wxgate/core";

/** What an answer holds beside what we know. */
export interface UnknownKinds {
  /** Passes over something by the name its sender gave it. */
  pass(kind: string): void;
  /** Something we know came, too. */
  known(): void;
  /** To be called at the answer's end. @throws the garbage when nothing in it was known */
  end(): void;
}

/** Protocols grow: events nobody here knows change nothing, unless an answer is made of nothing else. */
export function createUnknownKinds(log: Logger, garbage: (problem: string) => Error): UnknownKinds {
  let anyKnown = false;
  let first: string | undefined;
  return {
    pass(kind) {
      // A name, and nothing that might have been meant for the person.
      const name = /^[\w.:/-]{1,64}$/.test(kind) ? kind : "unnamed";
      first ??= name;
      log.debug({ kind: name }, "the agent sent something of an unknown kind");
    },
    known() {
      anyKnown = true;
    },
    end() {
      if (!anyKnown && first !== undefined) throw garbage(`nothing but what is not known here, such as "${first}"`);
    },
  };
}
