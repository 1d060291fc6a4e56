import type { OutboundContent } from "./content.ts";
import { ProtocolError } from "./errors.ts";

type Check = (value: unknown, at: string) => void;
interface Shape {
  readonly required?: Readonly<Record<string, Check>>;
  readonly optional?: Readonly<Record<string, Check>>;
  /** Exactly one of these. */
  readonly oneOf?: Readonly<Record<string, Check>>;
}

function fail(at: string, problem: string): never {
  throw new ProtocolError(`${at} ${problem}`, { code: "content.invalid" });
}
const text: Check = (value, at) => {
  if (typeof value !== "string") fail(at, `must be a string, not ${nameOf(value)}`);
};
const nonEmpty: Check = (value, at) => {
  if (typeof value !== "string" || value === "") fail(at, "must be a string with at least one character");
};
const between =
  (least: number, most: number): Check =>
  (value, at) => {
    if (typeof value !== "number" || !(value >= least && value <= most))
      fail(at, `must be a number from ${least} to ${most}`);
  };
const record: Check = (value, at) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    fail(at, `must be an object, not ${nameOf(value)}`);
};
const oneOfTexts =
  (...allowed: readonly string[]): Check =>
  (value, at) => {
    if (typeof value !== "string" || !allowed.includes(value)) fail(at, `must be one of ${allowed.join(", ")}`);
  };
const listOf =
  (check: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value) || value.length === 0) fail(at, "must be a list with at least one item");
    for (const [index, item] of value.entries()) check(item, `${at}[${index}]`);
  };
const shaped =
  (shape: Shape): Check =>
  (value, at) => {
    record(value, at);
    checkShape(value as Record<string, unknown>, shape, at);
  };

const SOURCE: Readonly<Record<string, Check>> = { url: nonEmpty, path: nonEmpty, mediaId: nonEmpty, text };
const MEDIA: Shape = { oneOf: SOURCE, optional: { filename: text } };
const IMAGE: Check = (value, at) => {
  if (typeof value === "string")
    fail(at, "must be a URL with http:// or https://, or an object with url, path or mediaId");
  shaped({ oneOf: SOURCE })(value, at);
};
const MENU_ITEM: Check = (value, at) => {
  record(value, at);
  const keys = Object.keys(value as object);
  const target = ["id", "url", "appId"].find((key) => keys.includes(key));
  const required: Record<string, Check> = { text: nonEmpty };
  if (target !== undefined) required[target] = nonEmpty;
  if (target === "appId") required.path = nonEmpty;
  checkShape(value as Record<string, unknown>, { required }, at);
};

const SHAPES: Readonly<Record<OutboundContent["kind"], Shape>> = {
  text: { required: { text }, optional: { format: oneOfTexts("markdown", "plain") } },
  image: MEDIA,
  voice: MEDIA,
  video: MEDIA,
  file: MEDIA,
  link: { required: { title: nonEmpty, url: nonEmpty }, optional: { description: text, image: IMAGE } },
  articles: {
    required: {
      items: listOf(
        shaped({ required: { title: nonEmpty, url: nonEmpty }, optional: { description: text, imageUrl: text } }),
      ),
    },
  },
  location: {
    required: { latitude: between(-90, 90), longitude: between(-180, 180) },
    optional: { name: text, address: text },
  },
  miniprogram: { required: { appId: nonEmpty, path: nonEmpty }, optional: { title: text, image: IMAGE } },
  menu: { required: { items: listOf(MENU_ITEM) }, optional: { head: text, tail: text } },
  card: { required: { card: record } },
  handoff: { optional: { operator: nonEmpty, text } },
  native: { required: { payload: record } },
};

/**
 * Checks JSON that an agent, an operator or a model wrote.
 *
 * @throws ProtocolError `content.invalid` that names the field.
 */
export function parseOutboundContent(value: unknown): OutboundContent {
  record(value, "content");
  const fields = value as Record<string, unknown>;
  const kind = fields.kind;
  if (typeof kind !== "string" || !Object.hasOwn(SHAPES, kind)) {
    fail("content.kind", `must be one of ${Object.keys(SHAPES).join(", ")}`);
  }
  const { kind: _kind, ...rest } = withImageSource(fields);
  checkShape(rest, SHAPES[kind as OutboundContent["kind"]], `content (${kind})`);
  return { kind, ...rest } as OutboundContent;
}

/** The picture of a link may be its bare address. */
function withImageSource(fields: Record<string, unknown>): Record<string, unknown> {
  const { image } = fields;
  return typeof image === "string" && /^https?:\/\//i.test(image) ? { ...fields, image: { url: image } } : fields;
}

function checkShape(fields: Record<string, unknown>, shape: Shape, at: string): void {
  const { required = {}, optional = {}, oneOf = {} } = shape;
  const given = Object.keys(fields).filter((key) => fields[key] !== undefined);
  for (const key of given) {
    if (!(Object.hasOwn(required, key) || Object.hasOwn(optional, key) || Object.hasOwn(oneOf, key))) {
      fail(
        `${at}.${key}`,
        `is unknown; known: ${[...Object.keys(required), ...Object.keys(oneOf), ...Object.keys(optional)].join(", ")}`,
      );
    }
  }
  for (const [key, check] of Object.entries(required)) check(fields[key], `${at}.${key}`);
  for (const [key, check] of Object.entries(optional))
    if (fields[key] !== undefined) check(fields[key], `${at}.${key}`);
  const chosen = Object.keys(oneOf).filter((key) => fields[key] !== undefined);
  if (Object.keys(oneOf).length > 0 && chosen.length !== 1) {
    fail(at, `needs exactly one of ${Object.keys(oneOf).join(", ")}`);
  }
  for (const key of chosen) oneOf[key]?.(fields[key], `${at}.${key}`);
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "missing";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
