import type { SimClock } from "../clock.ts";
import { type Faults, numberOf } from "../faults.ts";
import type { StoredMedia } from "../media-store.ts";
import type { FileAnswer, QyapiCall, QyapiRoutes } from "./calls.ts";
import { QyapiError } from "./errors.ts";
import { checkUpload, isMediaKind } from "./media-rules.ts";

const MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024;
const CHUNK_BYTES = 65_536;

export function createMediaRoutes({ faults, clock }: { faults: Faults; clock: SimClock }): QyapiRoutes {
  const downloads = new Map<string, number>();

  function begin(id: string, targets: readonly string[]): () => void {
    const running = downloads.get(id) ?? 0;
    const limit = faults.take("media.concurrency", targets);
    if (limit && running >= numberOf(limit)) throw new QyapiError(45033);
    downloads.set(id, running + 1);
    return () => {
      const left = (downloads.get(id) ?? 1) - 1;
      if (left > 0) downloads.set(id, left);
      else downloads.delete(id);
    };
  }

  function download(call: QyapiCall): FileAnswer {
    const id = call.query.get("media_id");
    if (!id) throw new QyapiError(41006);
    const targets = [call.corp.corpId, id];
    const media = call.corp.media.find(id);
    if (!media || faults.take("media.expired", targets)) throw new QyapiError(40007);
    const limit = faults.take("media.max-download-bytes", targets);
    const maxBytes = limit ? numberOf(limit) : MAX_DOWNLOAD_BYTES;
    const range = faults.take("media.ignore-range", targets) ? undefined : parseRange(call.range, media.bytes);
    const { start, end } = range ?? { start: 0, end: media.bytes };
    if (end - start > maxBytes) throw new QyapiError(830002);
    const headers = fileHeaders(media, targets, faults);
    headers["content-length"] = end - start;
    if (range) headers["content-range"] = `bytes ${start}-${end - 1}/${media.bytes}`;
    const slow = faults.take("media.slow", targets);
    return {
      status: range ? 206 : 200,
      headers,
      chunks: slices(media, start, end),
      bytes: end - start,
      ...(slow ? { spreadMs: numberOf(slow) } : {}),
      ...(faults.take("media.cut", targets) ? { cut: true } : {}),
      done: begin(id, targets),
    };
  }

  return {
    "media/upload": {
      method: "POST",
      multipart: true,
      handle({ corp, query, upload }) {
        const kind = query.get("type");
        if (!isMediaKind(kind)) throw new QyapiError(40005);
        if (!upload) throw new QyapiError(41005, "media data missing");
        checkUpload(kind, upload.data);
        const { data: content, contentType: mime, filename } = upload;
        const media = corp.media.add({ kind, mime, filename: filename || `${kind}.dat`, content });
        return { json: { type: kind, media_id: media.id, created_at: String(Math.floor(clock.now() / 1000)) } };
      },
    },
    "media/get": { method: "GET", handle: (call) => ({ file: download(call) }) },
  };
}

function fileHeaders(media: StoredMedia, targets: readonly string[], faults: Faults): Record<string, string | number> {
  const mime = faults.take("media.content-type", targets)?.value ?? media.mime;
  const headers: Record<string, string | number> = { "content-type": String(mime), "accept-ranges": "bytes" };
  if (!faults.take("media.no-filename", targets)) {
    const name = String(faults.take("media.filename", targets)?.value ?? media.filename);
    // Raw UTF-8 in the plain parameter, as the platform sends it; a header is written as Latin-1.
    const quoted = name.replace(/["\\\r\n]/g, "_");
    headers["content-disposition"] = Buffer.from(`attachment; filename="${quoted}"`).toString("latin1");
  }
  return headers;
}

function* slices(media: StoredMedia, start: number, end: number): Iterable<Buffer> {
  for (let from = start; from < end; from += CHUNK_BYTES) yield media.read(from, Math.min(end, from + CHUNK_BYTES));
}

/** One `bytes=` range; `undefined` when there is none or it cannot be met. */
function parseRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const start = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === "" || match[2] === "" ? size : Math.min(size, Number(match[2]) + 1);
  return start < end ? { start, end } : undefined;
}
