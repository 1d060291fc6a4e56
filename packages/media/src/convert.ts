import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MediaError } from "./errors.ts";
import type { Ffmpeg } from "./ffmpeg.ts";
import type { ImageConverter } from "./image.ts";
import { decodeSilk } from "./silk.ts";
import { formatBytes } from "./size.ts";

export interface ConverterOptions {
  /** For files in the making; created when missing, mode 0700. */
  readonly dir: string;
  /** From `loadSharp()`; without it no picture is converted. */
  readonly images?: ImageConverter;
  /** From `detectFfmpeg()`; without it the only sound converted is SILK to WAV. */
  readonly ffmpeg?: Ffmpeg;
  /** For each conversion. Default 60,000. */
  readonly timeoutMs?: number;
}

export interface ConvertJob {
  readonly path: string;
  /** Formats as `sniff` names them. */
  readonly from: string;
  readonly to: string;
  /** Pictures are made smaller until they fit; for all else more than this is a failure. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface Converted {
  readonly path: string;
  readonly bytes: number;
  /** Deletes the file. */
  remove(): Promise<void>;
}

export interface Converter {
  /** Whether it can be tried with what is installed. */
  can(from: string, to: string): boolean;
  /** @throws MediaError `media.conversion-failed` (nothing is left behind); the signal's reason. */
  convert(job: ConvertJob): Promise<Converted>;
}

type Step = (job: ConvertJob, into: string) => Promise<void>;

/**
 * ffmpeg's reader for each format we hand it. Always named: left to guess, it would follow playlists, which can point
 * anywhere.
 */
const SOUND_READERS: Readonly<Record<string, string>> = {
  aac: "aac",
  amr: "amr",
  awb: "amr",
  flac: "flac",
  m4a: "mov",
  mp3: "mp3",
  ogg: "ogg",
  opus: "ogg",
  wav: "wav",
};
const AMR_ENCODERS = ["libopencore_amrnb", "amr_nb"];
const MP3_ENCODER = "libmp3lame";
const BMP_READER = "bmp_pipe";

/** Converts files with what is installed: SILK → WAV always, pictures with sharp, other sound with ffmpeg. */
export function createConverter({ dir, images, ffmpeg, timeoutMs = 60_000 }: ConverterOptions): Converter {
  function stepFor(from: string, to: string): Step | undefined {
    if (to === "jpg" || to === "png") return imageStep(from, to);
    if (from === "silk") return to === "wav" ? silkToWav : chain(silkToWav, stepFor("wav", to), "wav");
    const reader = SOUND_READERS[from];
    const output = soundOutput(to, ffmpeg);
    return reader !== undefined && output && from !== to ? ffmpegStep(reader, output) : undefined;
  }

  function imageStep(from: string, to: "jpg" | "png"): Step | undefined {
    if (images?.formats.has(from)) {
      return (job, into) =>
        images.convert({ from: job.path, into, to, maxBytes: job.maxBytes, timeoutMs, signal: job.signal });
    }
    const frame = ["-frames:v", "1", "-c:v", to === "png" ? "png" : "mjpeg", "-f", "image2"];
    return from === "bmp" && ffmpeg ? ffmpegStep(BMP_READER, frame) : undefined;
  }

  async function silkToWav(job: ConvertJob, into: string): Promise<void> {
    const wav = await decodeSilk(await readFile(job.path), { signal: job.signal, timeoutMs });
    await writeFile(into, wav, { flag: "wx", mode: 0o600 });
  }

  function chain(first: Step, second: Step | undefined, middle: string): Step | undefined {
    if (!second) return undefined;
    return async (job, into) => {
      const between = `${into}.${middle}`;
      try {
        await first(job, between);
        await second({ ...job, path: between, from: middle }, into);
      } finally {
        await rm(between, { force: true });
      }
    };
  }

  function ffmpegStep(reader: string, output: readonly string[]): Step {
    return async (job, into) => {
      const input = ["-protocol_whitelist", "file", "-f", reader, "-i", `file:${job.path}`];
      // One byte more than allowed: a file cut off at the limit must not pass for whole.
      const limits = ["-map_metadata", "-1", "-fs", String(job.maxBytes + 1)];
      const args = ["-nostdin", "-hide_banner", "-loglevel", "error", ...input, ...limits, ...output, `file:${into}`];
      await ffmpeg!.run(args, { timeoutMs, signal: job.signal });
    };
  }

  return {
    can: (from, to) => stepFor(from, to) !== undefined,

    async convert(job) {
      const step = stepFor(job.from, job.to);
      if (!step) throw failed(`there is no converter from ${job.from.toUpperCase()} to ${job.to.toUpperCase()} here`);
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const path = join(dir, `convert-${randomUUID()}.${job.to}`);
      const remove = () => rm(path, { force: true });
      try {
        await step(job, path);
        const { size } = await stat(path);
        if (size > job.maxBytes) throw failed(`the result has more than ${formatBytes(job.maxBytes)}`);
        return { path, bytes: size, remove };
      } catch (error) {
        await remove();
        throw error;
      }
    },
  };
}

function soundOutput(to: string, ffmpeg: Ffmpeg | undefined): readonly string[] | undefined {
  if (!ffmpeg) return undefined;
  if (to === "wav") return ["-vn", "-ac", "1", "-c:a", "pcm_s16le", "-f", "wav"];
  if (to === "mp3") return ffmpeg.encoders.has(MP3_ENCODER) ? ["-vn", "-c:a", MP3_ENCODER, "-f", "mp3"] : undefined;
  const encoder = AMR_ENCODERS.find((name) => ffmpeg.encoders.has(name));
  if (to !== "amr" || !encoder) return undefined;
  return ["-vn", "-ac", "1", "-ar", "8000", "-c:a", encoder, "-b:a", "12.2k", "-f", "amr"];
}

function failed(message: string): MediaError {
  return new MediaError(message, { code: "media.conversion-failed" });
}
