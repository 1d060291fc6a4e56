import { mkdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { fieldsOf, textIn } from "../json.ts";
import { RPC, RpcError } from "./rpc.ts";

export type FileAccess = "none" | "read" | "write";

const LARGEST_BYTES = 10_000_000;

/**
 * Answers `fs/*` for files below `folder`, by real path: a link that leads out of it is refused. Undefined: the method is
 * none of these, or not allowed.
 */
export async function answerFiles(
  method: string,
  params: unknown,
  { access, folder }: { readonly access: FileAccess; readonly folder: string },
): Promise<object | undefined> {
  const fields = fieldsOf(params) ?? {};
  const path = textIn(fields.path) ?? "";
  if (method === "fs/read_text_file" && access !== "none") {
    const file = await inside(folder, path);
    if ((await stat(file)).size > LARGEST_BYTES) throw new RpcError(RPC.invalidParams, "the file is too large");
    return { content: linesOf(await readFile(file, "utf8"), fields.line, fields.limit) };
  }
  if (method === "fs/write_text_file" && access === "write") {
    const content = textIn(fields.content);
    if (content === undefined) throw new RpcError(RPC.invalidParams, "there is no content");
    await write(folder, path, content);
    return {};
  }
  return undefined;
}

/** @throws RpcError when it does not exist or lies elsewhere. */
async function inside(folder: string, path: string): Promise<string> {
  const real = isAbsolute(path) ? await realpath(path).catch(() => undefined) : undefined;
  if (real === undefined) throw new RpcError(RPC.notFound, "there is no such file; paths are absolute");
  const way = relative(await realpath(folder), real);
  if (way.startsWith("..") || isAbsolute(way)) throw new RpcError(RPC.invalidParams, "the file is outside the folder");
  return real;
}

/** What is written over may be a link that leads out; what is new stands in a folder that may be one. */
async function write(folder: string, path: string, content: string): Promise<void> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  const file = exists ? await inside(folder, path) : join(await parentInside(folder, dirname(path)), basename(path));
  await writeFile(file, content, { flag: exists ? "w" : "wx" });
}

async function parentInside(folder: string, parent: string): Promise<string> {
  const exists = await stat(parent).then(
    () => true,
    () => false,
  );
  if (exists || dirname(parent) === parent) return inside(folder, parent);
  const made = join(await parentInside(folder, dirname(parent)), basename(parent));
  await mkdir(made);
  return made;
}

/** `line` counts from 1. */
function linesOf(text: string, line: unknown, limit: unknown): string {
  if (typeof line !== "number" && typeof limit !== "number") return text;
  const from = typeof line === "number" ? Math.max(0, line - 1) : 0;
  const lines = text.split("\n");
  return lines.slice(from, typeof limit === "number" ? from + limit : undefined).join("\n");
}
