import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { hasPlaceholder, interpolate, type Surroundings } from "./interpolate.ts";
import type { ConfigProblem } from "./problems.ts";

export type KeyPath = readonly (string | number)[];

/** A YAML file whose values know where they were written. */
export interface ConfigDocument {
  readonly file: string;
  /** What is wrong with the file itself: syntax, doubled keys, placeholders that cannot be filled. */
  readonly problems: readonly ConfigProblem[];
  value(): unknown;
  problem(path: KeyPath, message: string, options?: ProblemOptions): ConfigProblem;
  /** Turns text that came from a placeholder into the number or boolean the schema wants there. */
  coerce(path: KeyPath, to: "number" | "boolean"): boolean;
}

interface ProblemOptions {
  readonly suggestion?: string;
  /** Points at the key rather than at its value. */
  readonly atKey?: boolean;
}

export function parseConfigDocument(file: string, source: string, surroundings: Surroundings): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, merge: true, prettyErrors: false });
  const filled = new WeakSet<object>();

  const at = (offset: number, path: KeyPath, message: string, suggestion?: string): ConfigProblem => {
    const { line, col } = lines.linePos(offset);
    return {
      file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      path: formatPath(path),
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    };
  };
  const problems = [...document.errors, ...document.warnings].map((error) => at(error.pos[0], [], error.message));
  visit(document, {
    Scalar(key, node, parents) {
      if (key === "key" || typeof node.value !== "string" || !hasPlaceholder(node.value)) return;
      const { text, problems: unfilled } = interpolate(node.value, surroundings);
      node.value = text;
      filled.add(node);
      for (const message of unfilled) problems.push(at(node.range?.[0] ?? 0, pathOf(parents, key), message));
    },
  });

  return {
    file,
    problems,
    value: () => document.toJS({ maxAliasCount: 100 }),
    problem: (path, message, options) =>
      at(offsetOf(document, path, options?.atKey ?? false), path, message, options?.suggestion),
    coerce(path, to) {
      const node = document.getIn(path, true);
      if (!isScalar(node) || !filled.has(node) || typeof node.value !== "string") return false;
      const value = parseScalar(node.value.trim(), to);
      if (value === undefined) return false;
      node.value = value;
      return true;
    },
  };
}

function parseScalar(text: string, to: "number" | "boolean"): number | boolean | undefined {
  if (to === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** The offset of the deepest part of `path` that was written in the file. */
function offsetOf(document: Document, path: KeyPath, atKey: boolean): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const whole = depth === path.length;
    const parent = depth === 0 ? undefined : document.getIn(path.slice(0, depth - 1), true);
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(path[depth - 1]),
      );
      const node = whole && !atKey && isNode(pair?.value) ? pair.value : pair?.key;
      if (isNode(node) && node.range) return node.range[0];
      continue;
    }
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function pathOf(parents: readonly unknown[], key: unknown): KeyPath {
  const path: (string | number)[] = [];
  for (const [index, parent] of parents.entries()) {
    if (isPair(parent) && isScalar(parent.key)) path.push(String(parent.key.value));
    const next = parents[index + 1];
    if (parent !== null && typeof parent === "object" && "items" in parent && !isMap(parent)) {
      const position = (parent.items as unknown[]).indexOf(next);
      path.push(position >= 0 ? position : Number(key));
    }
  }
  return path;
}

/** `channels.support.allowFrom[2]`; keys with a dot are quoted. */
function formatPath(path: KeyPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else {
      const name = /^[\w*-]+$/.test(part) ? part : JSON.stringify(part);
      text += text === "" ? name : `.${name}`;
    }
  }
  return text;
}
