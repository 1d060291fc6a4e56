export interface UploadedFile {
  readonly filename: string;
  readonly contentType: string;
  readonly data: Buffer;
}

const HEADER_END = Buffer.from("\r\n\r\n");

/** The part named `media` of a multipart/form-data body; `undefined` when there is none. */
export function findUpload(body: Buffer, contentType: string): UploadedFile | undefined {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  if (!boundary) return undefined;
  const delimiter = Buffer.from(`--${boundary[1] ?? boundary[2]}`);
  for (let start = body.indexOf(delimiter); start >= 0; ) {
    const headerStart = start + delimiter.length + 2;
    const next = body.indexOf(delimiter, headerStart);
    if (next < 0) return undefined;
    const headerEnd = body.indexOf(HEADER_END, headerStart);
    if (headerEnd >= 0 && headerEnd < next) {
      const headers = body.toString("utf8", headerStart, headerEnd);
      if (/\bname="?media"?(?:[;\s]|$)/i.test(headers)) {
        // The line break before the delimiter belongs to the delimiter.
        return describePart(headers, body.subarray(headerEnd + HEADER_END.length, next - 2));
      }
    }
    start = next;
  }
  return undefined;
}

function describePart(headers: string, data: Buffer): UploadedFile {
  // `filename*` is not understood by the platform: only the plain parameter counts.
  const filename =
    /\bfilename="((?:[^"\\\r\n]|\\.)*)"/i.exec(headers)?.[1] ?? /\bfilename=([^;\s]+)/i.exec(headers)?.[1];
  const contentType = /^content-type:\s*(.+)$/im.exec(headers)?.[1]?.trim();
  return { filename: filename ?? "", contentType: contentType ?? "application/octet-stream", data };
}
