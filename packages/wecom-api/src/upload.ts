import { Buffer } from "node:buffer";
import { type ChannelError, ProtocolError, type Random, TransientError } from "@wxgate/core";
import { type Exchange, type ExchangeRequest, readAnswer } from "./exchange.ts";
import { LengthMismatchError, multipartBody } from "./multipart.ts";
import type { Perform } from "./perform.ts";
import type { Secrets } from "./secrets.ts";

export interface FileUpload {
  /** Shown to the receivers; non-ASCII names arrive as they are. */
  readonly filename: string;
  /** Default "application/octet-stream". */
  readonly mime?: string;
  /** The exact length, where it is known: platforms and proxies prefer a body with a length. */
  readonly bytes?: number;
  /** Opens the content from its start; called once per attempt, since a stream cannot be read twice. */
  readonly open: () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
}

/** Posts a file as the form part `media`, in constant memory, and gives the fields of the answer. */
export type Upload = (
  path: string,
  query: Readonly<Record<string, string>>,
  file: FileUpload,
  signal?: AbortSignal,
) => Promise<Readonly<Record<string, unknown>>>;

export interface UploadOptions {
  readonly exchange: Exchange;
  readonly perform: Perform;
  readonly random: Random;
  readonly secrets: Secrets;
}

export function createUpload({ exchange, perform, random, secrets }: UploadOptions): Upload {
  return (path, query, file, signal) =>
    perform(
      path,
      async (token) => {
        const boundary = `wxgate-${Buffer.from(random.bytes(16)).toString("hex")}`;
        const source = watchErrors(await file.open());
        const { filename, bytes } = file;
        const form = multipartBody(
          { filename, mime: documentedMime(file.mime), bytes, content: source.content },
          boundary,
        );
        const request: ExchangeRequest = {
          method: "POST",
          path,
          query: { ...query, access_token: token },
          headers: {
            "content-type": form.contentType,
            ...(form.contentLength !== undefined && { "content-length": String(form.contentLength) }),
          },
          body: ReadableStream.from(form.body) as ReadableStream<Uint8Array>,
          secrets,
          signal,
        };
        const answer = await source.orItsError(exchange(request).then((response) => readAnswer(response, request)));
        return answer.errcode === 0 ? { value: answer.fields } : answer;
      },
      signal,
    );
}

/** Some types have names of their own there. https://developer.work.weixin.qq.com/document/path/90253 */
function documentedMime(mime = "application/octet-stream"): string {
  switch (mime) {
    case "image/jpeg":
      return "image/jpg";
    case "audio/amr":
      return "voice/amr";
    default:
      return mime;
  }
}

interface WatchedSource {
  readonly content: AsyncIterable<Uint8Array>;
  /** The result, or the error of the source when that is what broke the exchange. */
  orItsError<T>(result: Promise<T>): Promise<T>;
}

/** A file that cannot be read must not look like a platform that cannot be reached. */
function watchErrors(source: AsyncIterable<Uint8Array>): WatchedSource {
  let failure: { readonly error: unknown } | undefined;

  async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* source;
    } catch (error) {
      failure = { error };
      throw error;
    }
  }

  return {
    content: content(),
    async orItsError(result) {
      try {
        return await result;
      } catch (error) {
        if (failure) throw failure.error;
        throw lengthMismatch(error) ?? error;
      }
    },
  };
}

function lengthMismatch(error: unknown): ChannelError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === LengthMismatchError.name) {
      return new TransientError(cause.message, { code: "wecom.upload-changed", sent: "no", restage: true });
    }
  }
  return undefined;
}

export interface UploadedMedia {
  readonly mediaId: string;
  /** Unix milliseconds; the media id is good for 3 days from then. */
  readonly createdAtMs: number;
}

/** @throws ProtocolError when the answer names no media id; a missing errcode is usual. */
export function toUploadedMedia(fields: Readonly<Record<string, unknown>>, nowMs: number): UploadedMedia {
  const { media_id: mediaId, created_at: createdAt } = fields;
  if (typeof mediaId !== "string" || mediaId === "") {
    throw new ProtocolError("WeCom's answer to media/upload names no media id", { code: "wecom.bad-answer" });
  }
  const seconds = Number(createdAt);
  return { mediaId, createdAtMs: seconds > 0 ? seconds * 1000 : nowMs };
}
