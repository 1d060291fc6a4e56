import { z } from "zod";

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: boolean | Node;
  readonly items?: Node;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

/** The keys a schema accepts at `path`, for suggestions. */
export function knownKeys(schema: z.ZodType, path: readonly (string | number)[]): readonly string[] {
  return nodesAt(schema, path).flatMap((node) => Object.keys(node.properties ?? {}));
}

function nodesAt(schema: z.ZodType, path: readonly (string | number)[]): readonly Node[] {
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) as Node;
  return path.reduce<readonly Node[]>(
    (nodes, part) => nodes.flatMap((node) => alternatives(childOf(node, part))),
    alternatives(root),
  );
}

function childOf(node: Node, part: string | number): Node | undefined {
  if (typeof part === "number") return node.items;
  const named = node.properties?.[part];
  if (named) return named;
  return typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
}

function alternatives(node: Node | undefined): readonly Node[] {
  if (!node) return [];
  const choices = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return choices.length === 0 ? [node] : choices.flatMap(alternatives);
}
