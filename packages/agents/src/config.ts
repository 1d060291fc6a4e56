import { z } from "zod";

/** An http(s) address without user name and password, which belong into keys of their own. */
export const address = z
  .url({ protocol: /^https?$/, error: "must be a whole address, such as http://127.0.0.1:9000/agent" })
  .refine((text) => !/^[a-z]+:\/\/[^/?#]*@/i.test(text), {
    error: "must not hold a user name or password; use `headers` or the key meant for it",
  });

export const secret = z.string().min(1, "is empty; remove the key if there is none");

/** The waiting every agent behind HTTP has in common. */
export const patience = {
  /** Until the server begins to answer. */
  timeoutMs: z.number().int().min(1).max(3_600_000).default(300_000),
  /** Longest silence in the middle of an answer. */
  idleTimeoutMs: z.number().int().min(1).max(3_600_000).default(120_000),
};

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is no HTTP header name");
const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, "holds characters that a header cannot carry");

/** Sent with every request; their values are kept as secret as a key. */
export const headers = z.record(headerName, headerValue).default({});

/** `base` with `path` behind its own path; its query stays. */
export function addressBelow(base: string, path: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path}`;
  return url;
}
