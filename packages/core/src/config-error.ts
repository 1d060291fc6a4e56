/** One problem of a configuration, as validators report it. */
export interface ConfigIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The error of a channel whose configuration is wrong: lists every key in words, and never a value. */
export function wrongConfig(id: string, type: string, issues: readonly ConfigIssue[]): Error {
  const problems = issues.map(({ path, message }) => `  ${path.map(String).join(".") || "(top)"}: ${message}`);
  return new Error(`The configuration of channel "${id}" (${type}) is wrong:\n${problems.join("\n")}`);
}
