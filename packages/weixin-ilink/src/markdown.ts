/* Which Markdown phones show is known from the official client: it keeps what they show and takes out the rest. */

const CJK = /[\u2E80-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF]/;
const RULE = /^[ ]*([-*_])(?:[ ]*\1){2,}[ ]*$/;
const SMALL_HEADING = /^#{5,6} /;
const FENCE = "```";

/**
 * Markdown as phones show it in a bot's chat: headings of the fifth and sixth level lose their marks, emphasis by single
 * or triple marks round Chinese, Japanese or Korean loses its marks, pictures go; everything else stays. Linear.
 */
export function filterMarkdown(text: string): string {
  const lines = text.split("\n");
  const out: string[] = [];
  let paragraph: string[] = [];
  let isFenced = false;
  const flush = () => {
    if (paragraph.length > 0) out.push(...filterInlines(paragraph.join("\n")).split("\n"));
    paragraph = [];
  };
  for (const line of lines) {
    const isFence = line.startsWith(FENCE);
    if (isFence || isFenced || RULE.test(line)) {
      flush();
      out.push(line);
      if (isFence) isFenced = !isFenced;
    } else paragraph.push(line.replace(SMALL_HEADING, ""));
  }
  flush();
  return out.join("\n");
}

/** Triple marks and pictures may reach over lines, single marks not. */
function filterInlines(text: string): string {
  let out = "";
  let at = 0;
  const find = createFinder(text);
  while (at < text.length) {
    const { taken, end } = inlineAt(text, at, find);
    out += taken;
    at = end;
  }
  return out;
}

type Find = (part: string, from: number) => number;

function inlineAt(text: string, at: number, find: Find): { taken: string; end: number } {
  const char = text[at] as string;
  if (char === "!" && text[at + 1] === "[") return imageAt(text, at, find);
  if (char !== "*" && char !== "_") {
    const next = nextSpecial(text, at + 1);
    return { taken: text.slice(at, next), end: next };
  }
  const triple = char.repeat(3);
  if (text.startsWith(triple, at)) return emphasisAt(text, at, triple, find(triple, at + 3));
  if (text[at + 1] === char) return { taken: char + char, end: at + 2 };
  const after = text[at + 1];
  if (after === undefined || after === " " || after === "\n") return { taken: char, end: at + 1 };
  return emphasisAt(text, at, char, closingMark(text, at + 1, char));
}

function nextSpecial(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x2a || code === 0x5f || code === 0x21) return at;
  }
  return text.length;
}

function emphasisAt(text: string, at: number, mark: string, close: number): { taken: string; end: number } {
  if (close < 0) return { taken: mark, end: at + mark.length };
  const content = text.slice(at + mark.length, close);
  return { taken: CJK.test(content) ? content : mark + content + mark, end: close + mark.length };
}

/** The next single mark on the same line; double ones stand for themselves. */
function closingMark(text: string, from: number, mark: string): number {
  for (let at = from; at < text.length && text[at] !== "\n"; at += 1) {
    if (text[at] !== mark) continue;
    if (text[at + 1] !== mark) return at;
    at += 1;
  }
  return -1;
}

function imageAt(text: string, at: number, find: Find): { taken: string; end: number } {
  const bracket = find("]", at + 2);
  if (bracket < 0 || text[bracket + 1] !== "(") return { taken: "![", end: at + 2 };
  const close = find(")", bracket + 2);
  return close < 0 ? { taken: "![", end: at + 2 } : { taken: "", end: close + 1 };
}

/** `indexOf` that remembers where it looked in vain: many openings without an end stay linear. */
function createFinder(text: string): Find {
  const missingFrom = new Map<string, number>();
  return (part, from) => {
    const known = missingFrom.get(part);
    if (known !== undefined && from >= known) return -1;
    const found = text.indexOf(part, from);
    if (found < 0) missingFrom.set(part, from);
    return found;
  };
}
