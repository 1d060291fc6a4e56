import type { z } from "zod";
import type { ConfigDocument, KeyPath } from "./document.ts";
import { knownKeys } from "./known-keys.ts";
import type { ConfigProblem } from "./problems.ts";
import { nearest } from "./suggest.ts";

export interface Checked<T> {
  readonly value: T | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** Where a path inside the checked value stands in the file. */
export type Origin = (path: KeyPath) => KeyPath;

/** Of a value that stands in the file as it is checked. */
export const UNMOVED: Origin = (path) => path;

/** Checks one part of the file and says everything that is wrong with it, with its place and what was probably meant. */
export function check<S extends z.ZodType>(
  document: ConfigDocument,
  schema: S,
  value: unknown,
  origin: Origin,
): Checked<z.output<S>> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return { value: result.data, problems: [] };
  return {
    value: undefined,
    problems: result.error.issues.flatMap((issue) => problemsOf(document, schema, issue, origin)),
  };
}

/** Text from placeholders that stands where a number or boolean is wanted becomes one. True when anything changed. */
export function coercePlaceholders(
  document: ConfigDocument,
  schema: z.ZodType,
  value: unknown,
  origin: Origin,
): boolean {
  const result = schema.safeParse(value);
  if (result.success) return false;
  let changed = false;
  for (const issue of result.error.issues) {
    if (issue.code !== "invalid_type") continue;
    const wanted =
      issue.expected === "boolean"
        ? "boolean"
        : issue.expected === "number" || issue.expected === "int"
          ? "number"
          : undefined;
    if (wanted && document.coerce(origin(pathOf(issue)), wanted)) changed = true;
  }
  return changed;
}

function problemsOf(
  document: ConfigDocument,
  schema: z.ZodType,
  issue: z.core.$ZodIssue,
  origin: Origin,
): readonly ConfigProblem[] {
  const path = pathOf(issue);
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = knownKeys(schema, path);
      return issue.keys.map((key) => {
        const suggestion = nearest(key, known);
        return document.problem(origin([...path, key]), unknownKey(known, suggestion), { atKey: true, suggestion });
      });
    }
    case "invalid_value": {
      const choices = issue.values.map(String);
      const given = typeof issue.input === "string" ? issue.input : undefined;
      if (issue.input === undefined) return [missing(document, origin, path)];
      return [
        document.problem(origin(path), `must be one of ${choices.join(", ")}`, {
          suggestion: given === undefined ? undefined : nearest(given, choices),
        }),
      ];
    }
    case "invalid_type":
      if (issue.input === undefined) return [missing(document, origin, path)];
      return [
        document.problem(
          origin(path),
          `must be ${article(issue.expected)}, not ${nameOf(issue.input)}${quoteHint(issue)}`,
        ),
      ];
    case "invalid_key":
      return issue.issues.map((inner) => document.problem(origin(path), inner.message, { atKey: true }));
    case "invalid_union":
      return unionProblems(document, schema, issue, origin);
    default:
      return [document.problem(origin(path), issue.message)];
  }
}

/** Of a union that fits nowhere, what its nearest member has to say. */
function unionProblems(
  document: ConfigDocument,
  schema: z.ZodType,
  issue: z.core.$ZodIssueInvalidUnion,
  origin: Origin,
): readonly ConfigProblem[] {
  const path = pathOf(issue);
  const deepest = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a))[0] ?? [];
  if (deepest.length === 0) return [document.problem(origin(path), issue.message)];
  return deepest.flatMap((inner) =>
    problemsOf(document, schema, { ...inner, path: [...path, ...inner.path] } as z.core.$ZodIssue, origin),
  );
}

/** A member that was entered, or whose type fitted, is nearer than one that was refused at its door. */
function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(...issues.map((issue) => issue.path.length + (issue.code === "invalid_type" ? 0 : 1)));
}

function missing(document: ConfigDocument, origin: Origin, path: KeyPath): ConfigProblem {
  return document.problem(origin(path), "is missing");
}

function unknownKey(known: readonly string[], suggestion: string | undefined): string {
  if (suggestion !== undefined || known.length === 0) return "unknown key";
  return `unknown key; known here: ${[...known].sort().join(", ")}`;
}

function quoteHint(issue: z.core.$ZodIssueInvalidType): string {
  const scalar = typeof issue.input === "number" || typeof issue.input === "boolean";
  return issue.expected === "string" && scalar ? ": put it in quotes" : "";
}

function article(type: string): string {
  const word = type === "record" ? "mapping" : type === "object" ? "mapping" : type === "int" ? "whole number" : type;
  const name = word === "array" ? "list" : word;
  return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
}

function nameOf(input: unknown): string {
  if (input === null) return "empty";
  if (Array.isArray(input)) return "a list";
  return typeof input === "object" ? "a mapping" : `a ${typeof input}`;
}

function pathOf(issue: { readonly path: readonly PropertyKey[] }): KeyPath {
  return issue.path.map((part) => (typeof part === "number" ? part : String(part)));
}
