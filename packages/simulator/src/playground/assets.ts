import { readFile } from "node:fs/promises";
import { type Exchange, sendText } from "../http-io.ts";
import { packageFolder } from "../package-folder.ts";

const FOLDER = new URL("playground/", packageFolder);
const PREFIX = "/playground/";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Nothing from elsewhere and nothing inline: what the page shows was written by strangers. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page at `/` and its files at `/playground/…`. */
export function createPlayground() {
  return async ({ response, method, path }: Exchange): Promise<void> => {
    if (method !== "GET" && method !== "HEAD") {
      sendText(response, 405, "Only GET.\n", "text/plain; charset=utf-8");
      return;
    }
    const name = path === "/" ? "index.html" : path.startsWith(PREFIX) ? path.slice(PREFIX.length) : "";
    const type = /^[a-z0-9-]+\.(html|css|js|svg)$/.exec(name)?.[1];
    const text = type ? await readFile(new URL(name, FOLDER), "utf8").catch(() => undefined) : undefined;
    if (type === undefined || text === undefined) {
      sendText(response, 404, `There is nothing at ${path}.\n`, "text/plain; charset=utf-8");
      return;
    }
    response.setHeader("content-security-policy", POLICY);
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("cache-control", "no-cache");
    sendText(response, 200, text, TYPES[type] ?? "text/plain");
  };
}
