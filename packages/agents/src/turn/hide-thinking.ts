const OPEN = "<think>";
const CLOSE = "</think>";

export interface Thought {
  readonly text: string;
  readonly reasoning: string;
}

export interface ThinkingFilter {
  feed(text: string): Thought;
  /** What was held back, once nothing more comes. */
  end(): Thought;
}

/**
 * Parts the `<think>…</think>` that some servers leave at the beginning of a model's text from the text behind it. Only
 * there: later ones may be what the person asked about.
 */
export function createThinkingFilter(): ThinkingFilter {
  let state: "undecided" | "thinking" | "gap" | "text" = "undecided";
  let held = "";

  function step(): Thought | undefined {
    if (state === "text") return take(held.length, "text");
    if (state === "gap") {
      held = held.trimStart();
      if (held === "") return undefined;
      state = "text";
      return take(held.length, "text");
    }
    if (state === "undecided") {
      const begun = held.trimStart();
      if (OPEN.startsWith(begun) && begun !== OPEN) return undefined;
      state = begun.startsWith(OPEN) ? "thinking" : "text";
      if (state === "text") return take(held.length, "text");
      held = begun.slice(OPEN.length);
    }
    const end = held.indexOf(CLOSE);
    if (end === -1) return take(Math.max(0, held.length - CLOSE.length), "reasoning");
    const thought = take(end, "reasoning");
    held = held.slice(CLOSE.length);
    state = "gap";
    return thought;
  }

  function take(length: number, kind: keyof Thought): Thought {
    const taken = held.slice(0, length);
    held = held.slice(length);
    return { text: "", reasoning: "", [kind]: taken };
  }

  return {
    feed(text) {
      held += text;
      const first = step();
      const second = state === "gap" && held !== "" ? step() : undefined;
      return { text: (first?.text ?? "") + (second?.text ?? ""), reasoning: first?.reasoning ?? "" };
    },
    end: () => take(held.length, state === "thinking" ? "reasoning" : "text"),
  };
}
