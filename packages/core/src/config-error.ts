/** One problem of a configuration, as validators report it. */
export interface ConfigIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What validators such as zod's schemas have in common. */
export interface OptionsSchema<Options> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: Options }
    | { readonly success: false; readonly error: { readonly issues: readonly ConfigIssue[] } };
}

/** The options of one channel, checked and with their defaults. @throws Error that lists every wrong key in words, and no value. */
export function parseOptions<Options>(
  schema: OptionsSchema<Options>,
  channel: { readonly id: string; readonly type: string },
  options: unknown,
): Options {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `  ${path.map(String).join(".") || "(top)"}: ${message}`,
  );
  throw new Error(`The configuration of channel "${channel.id}" (${channel.type}) is wrong:\n${problems.join("\n")}`);
}
