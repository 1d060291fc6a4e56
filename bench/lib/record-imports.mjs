// Loaded into a gateway: writes down which modules of others its own code imports, one URL per line.
import { appendFileSync } from "node:fs";
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

const isTheirs = (url) => url.includes("/node_modules/");

export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  if (isTheirs(resolved.url) && context.parentURL !== undefined && !isTheirs(context.parentURL)) {
    appendFileSync(process.env.WXGATE_BENCH_IMPORTS, `${resolved.url}\n`);
  }
  return resolved;
}

if (isMainThread) register(import.meta.url);
