/** Applies RFC 6902 operations to a copy of `document`. @throws Error that says which operation does not fit. */
export function applyPatch(document: unknown, operations: readonly unknown[]): unknown {
  let root: unknown = structuredClone(document);
  for (const [index, operation] of operations.entries()) {
    const { op, path, from, value } = (operation ?? {}) as Record<string, unknown>;
    const fail = (problem: string) => new Error(`operation ${index} (${String(op)}) ${problem}`);
    const at = tokens(path, fail);
    const source = () => tokens(from, fail);
    if (op === "add") root = write(root, at, structuredClone(value), true, fail);
    else if (op === "replace") root = write(root, at, structuredClone(value), false, fail);
    else if (op === "remove") root = remove(root, at, fail);
    else if (op === "copy") root = write(root, at, structuredClone(read(root, source(), fail)), true, fail);
    else if (op === "move") {
      const moved = read(root, source(), fail);
      root = write(remove(root, source(), fail), at, moved, true, fail);
    } else if (op === "test") {
      if (!equal(read(root, at, fail), value)) throw fail("found another value");
    } else throw fail("is unknown");
  }
  return root;
}

type Fail = (problem: string) => Error;

/** A JSON pointer's steps. */
function tokens(pointer: unknown, fail: Fail): readonly string[] {
  if (pointer === "") return [];
  if (typeof pointer !== "string" || !pointer.startsWith("/")) throw fail("has no path");
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function read(root: unknown, path: readonly string[], fail: Fail): unknown {
  let value = root;
  for (const token of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, token)) throw fail("leads nowhere");
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}

function write(root: unknown, path: readonly string[], value: unknown, insert: boolean, fail: Fail): unknown {
  const key = path.at(-1);
  if (key === undefined) return value;
  const parent = read(root, path.slice(0, -1), fail);
  if (Array.isArray(parent)) {
    const index = key === "-" && insert ? parent.length : indexOf(key, parent.length - (insert ? 0 : 1), fail);
    parent.splice(index, insert ? 0 : 1, value);
  } else if (typeof parent === "object" && parent !== null && (insert || Object.hasOwn(parent, key))) {
    // Not by assignment: `__proto__` is a name like any other here.
    Object.defineProperty(parent, key, { value, configurable: true, enumerable: true, writable: true });
  } else throw fail("leads nowhere");
  return root;
}

function remove(root: unknown, path: readonly string[], fail: Fail): unknown {
  const key = path.at(-1);
  if (key === undefined) return null;
  const parent = read(root, path.slice(0, -1), fail);
  if (Array.isArray(parent)) parent.splice(indexOf(key, parent.length - 1, fail), 1);
  else if (typeof parent === "object" && parent !== null && Object.hasOwn(parent, key))
    Reflect.deleteProperty(parent, key);
  else throw fail("leads nowhere");
  return root;
}

function indexOf(token: string, most: number, fail: Fail): number {
  const index = /^(?:0|[1-9]\d{0,8})$/.test(token) ? Number(token) : Number.NaN;
  if (!(index <= most)) throw fail("names no place in a list");
  return index;
}

function equal(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, at) => equal(each, b[at]));
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) || Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key]))
  );
}
