const MAX_CHARS = 400;
const MAX_CAUSES = 3;
const QUERY = /\?[^\s"'<>)\]]*/g;
const CREDENTIAL = /\b(access_token|corpsecret|suite_access_token)=[^&\s"'<>]*/gi;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a log line
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Foreign text as it may stand in an error: short, on one line, without queries and without the given secrets. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret !== "") clean = clean.replaceAll(secret, "…");
  return clean.replace(QUERY, "?…").replace(CREDENTIAL, "$1=…").replace(CONTROL, " ").slice(0, MAX_CHARS).trim();
}

/** A copy of a foreign error with nothing in it but name, code and redacted message, and the same of its causes. */
export function redactedCause(error: unknown, secrets: readonly string[], depth = 1): Error {
  if (!(error instanceof Error)) return new Error(redact(String(error), secrets));
  const inner =
    error.cause === undefined || depth >= MAX_CAUSES ? undefined : redactedCause(error.cause, secrets, depth + 1);
  const copy = new Error(redact(error.message, secrets), inner && { cause: inner });
  copy.name = error.name;
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? Object.assign(copy, { code: redact(code, secrets) }) : copy;
}
