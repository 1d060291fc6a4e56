import { HttpError } from "./errors.ts";

export interface ByteCap {
  readonly maxBytes: number;
  /** What is being read, for the message. No secrets. */
  readonly what: string;
  /** Called once, however it ended. */
  readonly onEnd?: () => void;
}

/**
 * Passes a stream on, chunk by chunk, until more than `maxBytes` came: then the source is cancelled and the reader
 * gets an HttpError `http.too-large`. Nothing is buffered.
 */
export function capBytes(
  source: ReadableStream<Uint8Array>,
  { maxBytes, what, onEnd }: ByteCap,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let seen = 0;

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            controller.close();
            onEnd?.();
            return;
          }
          seen += value.byteLength;
          if (seen > maxBytes) throw tooLarge(what, maxBytes);
          controller.enqueue(value);
        } catch (error) {
          onEnd?.();
          controller.error(error);
          await reader.cancel(error).catch(() => undefined); // the source failed already: the reader has that error
        }
      },
      async cancel(reason) {
        onEnd?.();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

export function tooLarge(what: string, maxBytes: number, bytes?: number): HttpError {
  const size = bytes === undefined ? "" : ` (${bytes} bytes announced)`;
  return new HttpError(`${what} is larger than the limit of ${maxBytes} bytes${size}`, {
    code: "http.too-large",
    sent: "unknown",
    ...(bytes !== undefined && { bytes }),
  });
}
