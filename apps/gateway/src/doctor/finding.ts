/** One thing that was looked at: how it is, and what to do about it. */
export interface Finding {
  readonly check: string;
  readonly result: "ok" | "note" | "wrong";
  readonly message: string;
}

export function ok(check: string, message: string): Finding {
  return { check, result: "ok", message };
}
export function note(check: string, message: string): Finding {
  return { check, result: "note", message };
}
export function wrong(check: string, message: string): Finding {
  return { check, result: "wrong", message };
}
