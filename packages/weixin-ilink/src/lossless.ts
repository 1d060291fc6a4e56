const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Integers of up to 15 digits fit a double. */
const SAFE_DIGITS = 15;

/**
 * Parses JSON, integers that a double cannot hold as text: ids of 64 bits come as bare numbers.
 *
 * @throws SyntaxError as `JSON.parse`.
 */
export function parseLossless(json: string): unknown {
  return JSON.parse(quoteLongIntegers(json));
}

/** Puts quotes round every integer of 16 digits or more outside of strings; linear in the text. */
export function quoteLongIntegers(json: string): string {
  if (!/\d{16}/.test(json)) return json;
  let quoted = "";
  let copied = 0;
  let at = 0;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    else if (!isDigit(code)) at += 1;
    else {
      const end = endOfDigits(json, at);
      if (end - at > SAFE_DIGITS && isInteger(json, at, end)) {
        const start = json[at - 1] === "-" ? at - 1 : at;
        quoted += `${json.slice(copied, start)}"${json.slice(start, end)}"`;
        copied = end;
      }
      at = end;
    }
  }
  return quoted + json.slice(copied);
}

function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 1;
  }
  return json.length;
}

function endOfDigits(json: string, start: number): number {
  let at = start;
  while (isDigit(json.charCodeAt(at))) at += 1;
  return at;
}

/** Not the fraction or exponent of a number. */
function isInteger(json: string, start: number, end: number): boolean {
  const before = json[start - 1] ?? "";
  return (before === "" || !".eE+".includes(before)) && !".eE".includes(json[end] ?? " ");
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
