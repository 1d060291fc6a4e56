import { z } from "zod";

/** A refused control request: what was wrong, and what to do instead. */
export class ControlError extends Error {
  readonly status: number;
  readonly hint: string;
  constructor(status: number, message: string, hint: string) {
    super(message);
    this.name = "ControlError";
    this.status = status;
    this.hint = hint;
  }
}

/** @throws ControlError 400 that names every wrong field. */
export function parseControl<Value>(schema: z.ZodType<Value>, body: unknown, hint: string): Value {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new ControlError(400, z.prettifyError(result.error), hint);
}
