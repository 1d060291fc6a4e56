/** One thing that is wrong with the configuration, and where. */
export interface ConfigProblem {
  readonly file: string;
  /** From 1; 1 when the file could not be read at all. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The key's place, e.g. "channels.support.encodingAESKey"; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** The key or value that was probably meant. */
  readonly suggestion?: string;
}

/** The configuration cannot be used; carries every problem at once. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** `wxgate.yaml:12:5  channels.support.secrte: unknown key; did you mean "secret"?` */
export function formatProblem(problem: ConfigProblem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const key = problem.path === "" ? "" : `${problem.path}: `;
  const suggestion = problem.suggestion === undefined ? "" : `; did you mean "${problem.suggestion}"?`;
  return `${place}  ${key}${problem.message}${suggestion}`;
}
