import { rename, rm, stat } from "node:fs/promises";
import { MediaError } from "./errors.ts";
import { formatBytes } from "./size.ts";

export interface ImageJob {
  /** Path of the picture, and of the file to write. */
  readonly from: string;
  readonly into: string;
  readonly to: "jpg" | "png";
  /** The picture is made smaller until it fits. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Converts pictures; what `loadSharp` gives when the library is installed. */
export interface ImageConverter {
  /** Formats it reads, as `sniff` names them. */
  readonly formats: ReadonlySet<string>;
  /** @throws MediaError `media.conversion-failed`, also for an animation, which a still picture would lose. */
  convert(job: ImageJob): Promise<void>;
}

/** Decompression bombs: a small file may claim to be a huge picture. */
const MAX_PIXELS = 100_000_000;
const MAX_ATTEMPTS = 8;
const QUALITY = 85;
const SMALLEST_SIDE = 64;
/** Aim a little lower than the ratio of sizes says, to need one attempt less. */
const MARGIN = 0.9;

/** Loads the optional `sharp`; undefined when it is not installed. */
export async function loadSharp(): Promise<ImageConverter | undefined> {
  const sharp = await importSharp();
  if (!sharp) return undefined;

  const suffixes = Object.values(sharp.format).flatMap(
    (format) => (format.input.file && format.input.fileSuffix) || [],
  );
  // SVG is a document that refers to others, and PDF is no picture.
  const known = new Set(["png", "webp", "gif", "avif", "heic"]);
  const readable = suffixes.map((suffix) => suffix.slice(1)).filter((suffix) => known.has(suffix));
  return { formats: new Set(["jpg", "tif", ...readable]), convert: (job) => convert(sharp, job) };
}

type Sharp = typeof import("sharp")["default"];

async function importSharp(): Promise<Sharp | undefined> {
  try {
    return (await import("sharp")).default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

async function convert(sharp: Sharp, job: ImageJob): Promise<void> {
  try {
    const { width, height, pages = 1 } = await sharp(job.from, { limitInputPixels: MAX_PIXELS }).metadata();
    if (pages > 1) throw failed("it is animated, and a still picture would lose that");
    await shrinkToFit(sharp, job, Math.max(width, height));
  } catch (error) {
    await rm(job.into, { force: true });
    if (error instanceof MediaError || job.signal?.aborted) throw error;
    throw failed("it is damaged, too large, or of a kind that is not read here", error);
  }
}

async function shrinkToFit(sharp: Sharp, job: ImageJob, longestSide: number): Promise<void> {
  const aside = `${job.into}.part`;
  let side = longestSide;
  for (let attempt = 0; attempt < MAX_ATTEMPTS && (attempt === 0 || side >= SMALLEST_SIDE); attempt++) {
    job.signal?.throwIfAborted();
    const bytes = await encode(sharp, job, side, aside);
    if (bytes <= job.maxBytes) return rename(aside, job.into);
    await rm(aside);
    side = Math.floor(side * Math.min(MARGIN, Math.sqrt(job.maxBytes / bytes) * MARGIN));
  }
  throw failed(`it does not get below ${formatBytes(job.maxBytes)}`);
}

async function encode(sharp: Sharp, job: ImageJob, side: number, into: string): Promise<number> {
  const seconds = Math.max(1, Math.ceil(job.timeoutMs / 1000));
  const picture = sharp(job.from, { limitInputPixels: MAX_PIXELS, sequentialRead: true })
    .timeout({ seconds })
    .autoOrient()
    .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true });
  if (job.to === "png") await picture.png().toFile(into);
  // JPG knows no transparency; on black, dark text would vanish.
  else await picture.flatten({ background: "#ffffff" }).jpeg({ quality: QUALITY }).toFile(into);
  return (await stat(into)).size;
}

function failed(reason: string, cause?: unknown): MediaError {
  return new MediaError(`the picture cannot be converted: ${reason}`, { code: "media.conversion-failed", cause });
}
