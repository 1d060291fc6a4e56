import { createReadStream, statSync } from "node:fs";
import { basename, extname } from "node:path";
import { Readable } from "node:stream";
import { type AdminClient, connect } from "../cli/admin-client.ts";
import type { Action } from "../cli/context.ts";
import { CommandError } from "../cli/exit-codes.ts";

interface Sent {
  readonly to: { readonly channel: string; readonly account: string; readonly peer: string };
  readonly deliveries: readonly string[];
}

/** Sends a text, or a file when that is what the last argument names, through the running gateway. */
export const send: Action = async (context, [channel = "", target = "", what = ""], options) => {
  const isText = options.text === true || !isFile(what);
  if (isText && options.text !== true && isPath(what))
    throw new CommandError(`there is no file ${what}; add --text if these words are the message`);
  const client = connect(context);
  const body = isText ? { text: what } : { content: [await upload(client, what)] };
  const sent = await client.post<Sent>("/api/messages", { channel, target, ...body });
  const { to, deliveries } = sent;
  context.say(`Queued for ${to.peer} (${to.channel}, ${to.account}): ${deliveries.join(", ")}`);
  context.emit(sent);
};

/** Written as only paths are, so that a mistyped one does not reach a customer as words. "/human" is none. */
function isPath(what: string): boolean {
  return /^(?:\.{1,2}\/|~\/|\/\S+\/)\S+$/.test(what);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

async function upload(client: AdminClient, path: string) {
  // Loaded for files alone: a text needs none of it.
  const { mimeOfFilename } = await import("@wxgate/media");
  const filename = basename(path);
  const body = Readable.toWeb(createReadStream(path)) as unknown as RequestInit["body"];
  const mime = mimeOfFilename(filename) ?? "application/octet-stream";
  const stored = await client.upload<{ url: string; mime: string }>(
    `/api/media?filename=${encodeURIComponent(filename)}`,
    body,
    mime,
  );
  return { kind: kindOf(stored.mime, filename), url: stored.url, filename };
}

/** How a person would expect the file to arrive; what the platform does not take as such, its channel sends as a file. */
function kindOf(mime: string, filename: string): "image" | "voice" | "video" | "file" {
  if (mime.startsWith("image/")) return "image";
  if (mime.startsWith("video/")) return "video";
  if (extname(filename).toLowerCase() === ".amr" || mime === "audio/amr") return "voice";
  return "file";
}
