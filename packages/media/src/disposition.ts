/**
 * The file name in a `Content-Disposition` header, as `fetch` hands it over (bytes as Latin-1 characters), not yet safe:
 * pass it through `safeFilename`.
 *
 * `filename*=UTF-8''…` (RFC 5987) wins. `filename="…"` is taken as raw UTF-8 where it is that, else Latin-1, and
 * percent-decoded when it is a percent-encoded name, which WeChat's download servers send too.
 */
export function filenameFromDisposition(header: string | null | undefined): string | undefined {
  if (!header) return undefined;
  const parameters = parseParameters(header.slice(0, MAX_CHARS));
  const extended = parameters.get("filename*");
  const decoded = extended === undefined ? undefined : decodeExtended(extended);
  if (decoded) return decoded;

  const plain = parameters.get("filename");
  return plain ? decodePlain(plain) : undefined;
}

const MAX_CHARS = 4096;

/** `attachment; filename="a;b.txt"; x=y`: split at semicolons outside quotes, first of each name wins. */
function parseParameters(header: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const parameter = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g;
  for (const [, name, quoted, bare] of header.matchAll(parameter)) {
    const key = name!.toLowerCase();
    const value = quoted === undefined ? bare!.trim() : quoted.replace(/\\(["\\])/g, "$1");
    if (!parameters.has(key)) parameters.set(key, value);
  }
  return parameters;
}

function decodeExtended(value: string): string | undefined {
  const [charset, , ...rest] = value.split("'");
  if (rest.length === 0) return undefined;
  const encoded = rest.join("'");
  if (charset!.toLowerCase() === "iso-8859-1") return unescapeBytes(encoded).toString("latin1");
  return decodeUtf8(unescapeBytes(encoded)) ?? undefined;
}

function decodePlain(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  const text = decodeUtf8(bytes) ?? value;
  if (!/%[0-9A-Fa-f]{2}/.test(text)) return text;
  return decodeUtf8(unescapeBytes(text)) ?? text;
}

/** Percent-escapes as bytes; a malformed one stays as it is. */
function unescapeBytes(text: string): Buffer {
  const parts = text.split(/(%[0-9A-Fa-f]{2})/);
  return Buffer.concat(
    parts.map((part, i) => (i % 2 === 1 ? Buffer.from(part.slice(1), "hex") : Buffer.from(part, "utf8"))),
  );
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
