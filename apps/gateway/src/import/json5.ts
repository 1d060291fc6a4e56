/**
 * Reads JSON5: JSON with comments, trailing commas, single quotes, bare keys, and the numbers of JavaScript.
 *
 * @throws SyntaxError with line and column.
 */
export function parseJson5(text: string): unknown {
  let at = 0;

  function fail(what: string): never {
    const before = text.slice(0, at).split("\n");
    throw new SyntaxError(`${what} at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`);
  }

  function skip(): void {
    for (;;) {
      const blank = match(/[\s\uFEFF]+/y) ?? match(/\/\/[^\n]*/y) ?? match(/\/\*[\s\S]*?\*\//y);
      if (blank === undefined) return;
    }
  }

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  }

  function eat(sign: string): boolean {
    skip();
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  }

  function value(depth: number): unknown {
    if (depth > 100) fail("nested too deeply");
    skip();
    const sign = text[at];
    if (sign === "{") return object(depth);
    if (sign === "[") return array(depth);
    if (sign === '"' || sign === "'") return string();
    return literal();
  }

  function object(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    eat("{");
    while (!eat("}")) {
      skip();
      const key = text[at] === '"' || text[at] === "'" ? string() : match(/[\p{L}\p{Nl}$_][\p{L}\p{N}$_]*/uy);
      if (key === undefined) fail("a key is missing");
      if (!eat(":")) fail("a colon is missing");
      entries.push([key, value(depth + 1)]);
      if (!eat(",") && text[at] !== "}") fail("a comma or } is missing");
    }
    return Object.fromEntries(entries);
  }

  function array(depth: number): unknown[] {
    const items: unknown[] = [];
    eat("[");
    while (!eat("]")) {
      items.push(value(depth + 1));
      if (!eat(",") && text[at] !== "]") fail("a comma or ] is missing");
    }
    return items;
  }

  function string(): string {
    const quote = text[at];
    at += 1;
    let result = "";
    for (;;) {
      const sign = text[at];
      if (sign === undefined || sign === "\n") fail("a quote is missing");
      at += 1;
      if (sign === quote) return result;
      result += sign === "\\" ? escaped() : sign;
    }
  }

  function escaped(): string {
    const code = match(/u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}/y);
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    // A line break after a backslash goes on with the string.
    if (match(/\r\n|[\n\r\u2028\u2029]/y) !== undefined) return "";
    const sign = text[at] ?? fail("a quote is missing");
    at += 1;
    return ESCAPES[sign] ?? sign;
  }

  function literal(): unknown {
    const word = match(/[+-]?(?:0[xX][0-9a-fA-F]+|\.?[\d][\d.]*(?:[eE][+-]?\d+)?|[A-Za-z]+)/y);
    if (word === undefined) fail("a value is missing");
    if (word in WORDS) return WORDS[word];
    const isNegative = word.startsWith("-");
    const number = Number(word.replace(/^[+-]/, ""));
    if (Number.isNaN(number)) fail(`"${word}" is no value`);
    return isNegative ? -number : number;
  }

  const result = value(0);
  skip();
  if (at < text.length) fail("something follows the end");
  return result;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", v: "\v", "0": "\0" };
const WORDS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };
