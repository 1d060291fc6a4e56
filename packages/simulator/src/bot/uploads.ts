import { createHash } from "node:crypto";
import { randomId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { count } from "./limits.ts";
import { refuse } from "./refusal.ts";
import type { Bot, UploadSession } from "./state.ts";

const KIB = 1024;
const CHUNK_BYTES = 512 * KIB;
const MOST_CHUNKS = 100;
const SESSION_MS = 30 * 60_000;
const MOST_BYTES: Readonly<Record<string, number>> = {
  file: 20 * KIB * KIB,
  video: 10 * KIB * KIB,
  image: 10 * KIB * KIB,
  voice: 2 * KIB * KIB,
};
const FORMATS: Readonly<Record<string, (head: Buffer) => boolean>> = {
  file: () => true,
  voice: (head) => head.toString("latin1").startsWith("#!AMR"),
  video: (head) => head.subarray(4, 8).toString("latin1") === "ftyp",
  image: (head) => ["\x89PNG", "\xff\xd8\xff", "GIF8"].some((magic) => head.toString("latin1").startsWith(magic)),
};
const MIME: Readonly<Record<string, string>> = {
  voice: "audio/amr",
  video: "video/mp4",
  file: "application/octet-stream",
};

/** The three commands of an upload; a session outlives the connection it was begun on. */
export function createUploads({ clock }: PlatformTools) {
  return {
    init(bot: Bot, body: JsonObject): JsonObject {
      const { type, filename, total_size: size, total_chunks: chunks, md5 } = body;
      if (typeof type !== "string" || MOST_BYTES[type] === undefined) refuse(40058, "type");
      if (typeof filename !== "string" || filename === "" || Buffer.byteLength(filename) > 256)
        refuse(40058, "filename");
      if (typeof size !== "number" || size < 5 || size > (MOST_BYTES[type] ?? 0)) refuse(40058, "total_size");
      if (typeof chunks !== "number" || chunks < 1 || chunks > MOST_CHUNKS) refuse(40058, "total_chunks");
      count(bot.uploadTimes, clock.now());
      const session: UploadSession = {
        id: randomId("UP", 12),
        type: type as UploadSession["type"],
        filename,
        totalSize: size,
        totalChunks: chunks,
        md5: typeof md5 === "string" && md5 !== "" ? md5 : undefined,
        startedAt: clock.now(),
        chunks: new Map(),
      };
      bot.uploads.set(session.id, session);
      return { upload_id: session.id };
    },
    chunk(bot: Bot, body: JsonObject): void {
      const session = sessionOf(bot, body);
      const { chunk_index: index, base64_data: data } = body;
      if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= session.totalChunks) {
        refuse(40058, "chunk_index counts from 0");
      }
      if (typeof data !== "string") refuse(40058, "base64_data");
      const bytes = Buffer.from(data, "base64");
      if (bytes.length === 0 || bytes.length > CHUNK_BYTES) refuse(40058, "a chunk has at most 512 KiB");
      if (!session.chunks.has(index)) session.chunks.set(index, bytes);
    },
    finish(bot: Bot, body: JsonObject): JsonObject {
      const session = sessionOf(bot, body);
      if (session.chunks.size !== session.totalChunks) refuse(40058, "chunks are missing");
      const parts = Array.from({ length: session.totalChunks }, (_, index) => session.chunks.get(index) as Buffer);
      const content = Buffer.concat(parts);
      if (content.length !== session.totalSize) refuse(40058, "total_size differs");
      const md5 = createHash("md5").update(content).digest("hex");
      if (session.md5 !== undefined && session.md5 !== md5) refuse(40058, "md5 differs");
      if (FORMATS[session.type]?.(content.subarray(0, 16)) !== true) refuse(40058, `this is no ${session.type}`);
      bot.uploads.delete(session.id);
      const { type: kind, filename } = session;
      const mime = kind === "image" ? imageMime(content) : (MIME[kind] ?? "application/octet-stream");
      const media = bot.corp.media.add({ kind, mime, filename, content });
      return { type: kind, media_id: media.id, created_at: String(Math.floor(clock.now() / 1000)) };
    },
  };

  function sessionOf(bot: Bot, { upload_id: id }: JsonObject): UploadSession {
    const session = typeof id === "string" ? bot.uploads.get(id) : undefined;
    if (session === undefined || clock.now() - session.startedAt > SESSION_MS) refuse(40058, "upload_id");
    return session;
  }
}

function imageMime(content: Buffer): string {
  if (content[0] === 0x89) return "image/png";
  return content[0] === 0xff ? "image/jpeg" : "image/gif";
}
