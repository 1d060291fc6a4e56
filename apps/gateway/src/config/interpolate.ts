import { readFileSync } from "node:fs";
import { resolve } from "node:path";

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths in `${file:…}` start here. */
  readonly directory: string;
}

export interface Interpolated {
  readonly text: string;
  readonly problems: readonly string[];
}

const PLACEHOLDER = /\$(\$?)\{(?:([^{}]*)\})?/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Replaces `${NAME}`, `${NAME:-default}` and `${file:/path}`; `$${` stands for a literal `${`.
 *
 * As in a shell, the default is taken for a variable that is unset or empty. One line break at the end of a file is dropped.
 */
export function interpolate(text: string, surroundings: Surroundings): Interpolated {
  const problems: string[] = [];
  const replaced = text.replace(PLACEHOLDER, (whole, escaped: string, body: string | undefined) => {
    if (escaped) return whole.slice(1);
    if (body === undefined) {
      problems.push(`has a \${ without its }; close it, or write $\${ for a plain \${`);
      return whole;
    }
    const value = resolvePlaceholder(body, surroundings);
    if (typeof value === "string") return value;
    problems.push(value.problem);
    return "";
  });
  return { text: replaced, problems };
}

export function hasPlaceholder(text: string): boolean {
  return text.includes("${");
}

function resolvePlaceholder(body: string, { env, directory }: Surroundings): string | { problem: string } {
  if (body.startsWith("file:")) {
    const path = resolve(directory, body.slice("file:".length));
    try {
      return readFileSync(path, "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      return { problem: `cannot read the file ${path}: ${(error as NodeJS.ErrnoException).code ?? error}` };
    }
  }
  const match = VARIABLE.exec(body);
  if (!match?.[1]) {
    return {
      problem: `"\${${body}}" is none of \${NAME}, \${NAME:-default} and \${file:/path}; write $\${ for a plain \${`,
    };
  }
  const [, name, fallback] = match;
  const value = env[name];
  if (fallback !== undefined) return value === undefined || value === "" ? fallback : value;
  if (value !== undefined) return value;
  return { problem: `the environment variable ${name} is not set; set it or write \${${name}:-default}` };
}
