import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { MediaError } from "./errors.ts";
import { wavHeader } from "./wav.ts";

/** What WeChat records with. */
const SAMPLE_RATE = 24_000;
const MAGIC = "#!SILK_V3";
const WECHAT_MARK = "\x02";

export interface DecodeSilkOptions {
  readonly signal?: AbortSignal;
  /** Default 20,000. A minute of speech takes about 0.1 s. */
  readonly timeoutMs?: number;
  /** Default 4 MB, some 20 minutes of speech. The decoded sound is about 15 times as large, and in memory. */
  readonly maxBytes?: number;
}

// A thread of its own: the decoder computes without a pause, and a damaged file may crash it or keep it busy for ever.
const WORKER = `
const { parentPort, workerData } = require("node:worker_threads");
require(workerData.decoder).decode(workerData.silk, workerData.sampleRate).then(
  ({ data }) => parentPort.postMessage({ pcm: data }),
  (error) => parentPort.postMessage({ failed: String(error && error.message || error) }),
);
`;

/**
 * Decodes a SILK voice message, with or without WeChat's leading 0x02, to a WAV file: PCM 16 bit, mono, 24,000 Hz.
 *
 * @throws MediaError `media.conversion-failed`, `media.too-large`; the signal's reason.
 */
export async function decodeSilk(silk: Uint8Array, options: DecodeSilkOptions = {}): Promise<Buffer> {
  const { signal, timeoutMs = 20_000, maxBytes = 4 * 1024 * 1024 } = options;
  signal?.throwIfAborted();
  if (silk.byteLength > maxBytes) {
    throw new MediaError(`the voice message is larger than ${maxBytes} bytes`, { code: "media.too-large" });
  }
  const pcm = await decodeInWorker(withMark(silk), signal, timeoutMs);
  return Buffer.concat([wavHeader({ sampleRate: SAMPLE_RATE, dataBytes: pcm.byteLength }), pcm]);
}

/** The decoder knows only the file as WeChat writes it. */
function withMark(silk: Uint8Array): Uint8Array {
  const start = Buffer.from(silk.subarray(0, MAGIC.length + 1)).toString("latin1");
  if (start === WECHAT_MARK + MAGIC) return silk;
  if (start.startsWith(MAGIC)) return Buffer.concat([Buffer.from(WECHAT_MARK), silk]);
  throw failed("this is no SILK file");
}

function decodeInWorker(silk: Uint8Array, signal: AbortSignal | undefined, timeoutMs: number): Promise<Uint8Array> {
  const decoder = createRequire(import.meta.url).resolve("silk-wasm");
  const worker = new Worker(WORKER, {
    eval: true,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    workerData: { decoder, silk, sampleRate: SAMPLE_RATE },
  });

  return new Promise<Uint8Array>((resolve, reject) => {
    const timer = setTimeout(() => reject(failed(`decoding took longer than ${timeoutMs} ms`)), timeoutMs);
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    worker.once("message", ({ pcm, failed: words }: { pcm?: Uint8Array; failed?: string }) => {
      if (pcm) resolve(pcm);
      else reject(failed(`the file is damaged (${words})`));
      settle();
    });
    worker.once("error", (error) => {
      reject(failed("the decoder failed", error));
      settle();
    });
    worker.once("exit", (code) => {
      reject(failed(`the decoder ended with code ${code}`));
      settle();
    });
  }).finally(() => worker.terminate());
}

function failed(message: string, cause?: unknown): MediaError {
  return new MediaError(`the SILK voice message cannot be decoded: ${message}`, {
    code: "media.conversion-failed",
    cause,
  });
}
