import { isObject, type JsonObject, type JsonValue, RejectedError } from "@wxgate/core";

/** What a check learns beside the checked value. */
export interface Findings {
  /** Fields with more characters than a phone shows in full. */
  readonly long: string[];
}

/** Gives the value as the platform wants it, or throws and names the field `at`. */
export type Rule = (value: JsonValue, at: string, findings: Findings) => JsonValue;

export interface Fields {
  readonly required?: Readonly<Record<string, Rule>>;
  readonly optional?: Readonly<Record<string, Rule>>;
  /** What no single field can say. */
  readonly also?: (value: JsonObject, at: string) => void;
}

export function wrong(at: string, problem: string): never {
  throw new RejectedError(`${at} ${problem}`, {
    code: "card.invalid",
    hint: "Correct the card; its form is that of WeCom's template cards (模板卡片消息).",
  });
}

/** Text with at least one character. Numbers, which models write for ids, become their digits. */
export function text({ shown, bytes, form }: { shown?: number; bytes?: number; form?: RegExp } = {}): Rule {
  return (value, at, { long }) => {
    const given = typeof value === "number" ? String(value) : value;
    if (typeof given !== "string") wrong(at, `must be text, not ${nameOf(value)}`);
    if (given === "") wrong(at, "must have at least one character");
    if (bytes !== undefined && new TextEncoder().encode(given).length > bytes)
      wrong(at, `has more than ${bytes} bytes`);
    if (form !== undefined && !form.test(given)) wrong(at, `may have only digits, letters and _ - @`);
    if (shown !== undefined && characters(given) > shown) long.push(at);
    return given;
  };
}

/** A whole number out of a few; as text, as models write it, it becomes a number. */
export function oneOf(...allowed: readonly number[]): Rule {
  return (value, at) => {
    const given = typeof value === "string" && /^\d+$/.test(value.trim()) ? Number(value) : value;
    if (typeof given === "number" && allowed.includes(given)) return given;
    return wrong(at, `must be one of ${allowed.join(", ")}, not ${shownValue(value)}`);
  };
}

export function between(least: number, most: number): Rule {
  return (value, at) => {
    const given = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof given === "number" && given >= least && given <= most) return given;
    return wrong(at, `must be a number from ${least} to ${most}, not ${shownValue(value)}`);
  };
}

export const flag: Rule = (value, at) => {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === 1) return true;
  if (value === "false" || value === 0) return false;
  return wrong(at, `must be true or false, not ${shownValue(value)}`);
};

export function list(item: Rule, most: number): Rule {
  return (value, at, findings) => {
    if (!Array.isArray(value) || value.length === 0) wrong(at, "must be a list with at least one item");
    if (value.length > most) wrong(at, `has ${value.length} items; at most ${most} are shown`);
    return value.map((one: JsonValue, index) => item(one, `${at}[${index}]`, findings));
  };
}

export function object(fields: Fields): Rule {
  return (value, at, findings) => {
    if (!isObject(value)) wrong(at, `must be an object, not ${nameOf(value)}`);
    return checkFields(value, fields, at, findings);
  };
}

/** Fields that are null or undefined are left out, as models like to write them all. */
export function checkFields(value: JsonObject, fields: Fields, at: string, findings: Findings): JsonObject {
  const { required = {}, optional = {}, also } = fields;
  const given = Object.entries(value).filter((entry): entry is [string, JsonValue] => entry[1] != null);
  const checked: Record<string, JsonValue> = {};
  for (const [name, one] of given) {
    const rule = ruleOf(name, required) ?? ruleOf(name, optional);
    if (rule === undefined) {
      wrong(`${at}.${name}`, `is unknown; known: ${Object.keys({ ...required, ...optional }).join(", ")}`);
    }
    checked[name] = rule(one, `${at}.${name}`, findings);
  }
  for (const name of Object.keys(required)) if (!(name in checked)) wrong(`${at}.${name}`, "is missing");
  also?.(checked, at);
  return checked;
}

function ruleOf(name: string, rules: Readonly<Record<string, Rule>>): Rule | undefined {
  return Object.hasOwn(rules, name) ? rules[name] : undefined;
}

/** No two items of a list may have the same `name`. */
export function allDiffer(items: JsonValue | undefined, name: string, at: string): void {
  const seen = new Set<JsonValue>();
  for (const [index, item] of (Array.isArray(items) ? items : []).entries()) {
    const value = isObject(item) ? item[name] : undefined;
    if (value === undefined) continue;
    if (seen.has(value))
      wrong(`${at}[${index}].${name}`, `is "${String(value)}" as in an earlier item; they must differ`);
    seen.add(value);
  }
}

function characters(value: string): number {
  let count = 0;
  for (const _character of value) count += 1;
  return count;
}

function nameOf(value: JsonValue): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

function shownValue(value: JsonValue): string {
  return typeof value === "object" ? nameOf(value) : `"${String(value).slice(0, 40)}"`;
}
