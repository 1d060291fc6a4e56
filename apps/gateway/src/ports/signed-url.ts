import { createHmac, timingSafeEqual } from "node:crypto";

/** What a signed address says of the file behind it. */
export interface SignedFile {
  readonly id: string;
  readonly mime: string;
  readonly filename?: string;
}

/** Addresses of our own files that need no token: whoever holds one may read that file until it ends. */
export interface UrlSigner {
  sign(file: SignedFile, validMs: number): string;
  /** Undefined: not signed by us, changed, or too old. */
  verify(id: string, query: Readonly<Record<string, unknown>>): SignedFile | undefined;
  /** The same for a whole URL; undefined also when it leads elsewhere. */
  verifyUrl(url: string): SignedFile | undefined;
}

/** @param baseUrl where the admin server is, known once it listens. */
export function createUrlSigner(key: Buffer, now: () => number, baseUrl: () => string): UrlSigner {
  const mac = (id: string, until: string, mime: string, filename: string) =>
    createHmac("sha256", key).update([id, until, mime, filename].join("\n")).digest();

  function verify(id: string, query: Readonly<Record<string, unknown>>): SignedFile | undefined {
    const { until, mime, name = "", sig } = query;
    if ([until, mime, name, sig].some((value) => typeof value !== "string")) return undefined;
    const given = Buffer.from(sig as string, "base64url");
    const expected = mac(id, until as string, mime as string, name as string);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    if (!(Number(until) > now())) return undefined;
    return { id, mime: mime as string, ...(name !== "" && { filename: name as string }) };
  }

  return {
    verify,
    sign({ id, mime, filename = "" }, validMs) {
      const until = String(now() + validMs);
      const query = new URLSearchParams({ until, mime, ...(filename !== "" && { name: filename }) });
      query.set("sig", mac(id, until, mime, filename).toString("base64url"));
      return `${baseUrl()}/media/${id}?${query}`;
    },
    verifyUrl(text) {
      if (!URL.canParse(text)) return undefined;
      const url = new URL(text);
      const id = /^\/media\/([0-9a-f]{64})$/.exec(url.pathname)?.[1];
      if (id === undefined || url.origin !== baseUrl()) return undefined;
      return verify(id, Object.fromEntries(url.searchParams));
    },
  };
}
