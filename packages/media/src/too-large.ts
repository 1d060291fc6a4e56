import { MediaError } from "./errors.ts";
import { safeFilename } from "./filename.ts";
import { formatBytes } from "./size.ts";

/** Tells the limit, and the size where it is known. */
export function tooLarge(maxBytes: number, bytes?: number): MediaError {
  const limit = formatBytes(maxBytes);
  const { en, zh } =
    bytes === undefined
      ? { en: `it is larger than the limit of ${limit}`, zh: `文件超过 ${limit} 的上限` }
      : {
          en: `it has ${formatBytes(bytes)}; the limit is ${limit}`,
          zh: `文件有 ${formatBytes(bytes)}，上限为 ${limit}`,
        };
  return new MediaError(en, { code: "media.too-large", zh });
}

/**
 * The failure, or its cause, as people are to read it when it is one of size: with the file's name, for nothing but the
 * size was looked at. Undefined: another failure.
 */
export function namedTooLarge(
  error: unknown,
  { filename, path }: { readonly filename?: string; readonly path?: string },
): MediaError | undefined {
  const found = error instanceof Error && !(error instanceof MediaError) ? error.cause : error;
  if (!(found instanceof MediaError) || found.code !== "media.too-large") return undefined;
  const name = safeFilename(filename ?? path, "");
  if (name === "") return found;
  const { en, zh } = found.reason;
  return new MediaError(`${name}: ${en}`, { code: found.code, zh: `${name}：${zh}`, cause: found });
}
