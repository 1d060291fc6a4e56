interface Source {
  /** There is room for more. */
  more(): void;
  /** Nobody wants the rest. */
  cancel(): void;
}

/** The body of an answer while it comes in; read whole, or as a stream. */
export interface IncomingBody {
  /** False: wait until more is asked for. */
  take(chunk: Uint8Array): boolean;
  close(): void;
  fail(reason: unknown): void;
  /** Everything, once it is there. Once only, and not beside a stream. */
  whole(): Promise<Uint8Array>;
  /** Once only. */
  stream(): ReadableStream<Uint8Array>;
}

/** So much is taken from the connection before anybody reads it, so that it is free for the next request. */
const AHEAD_BYTES = 64 * 1024;
const SIZE = { highWaterMark: AHEAD_BYTES, size: (chunk: Uint8Array) => chunk.byteLength };

export function createIncomingBody({ more, cancel }: Source): IncomingBody {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let state: "open" | "closed" | "failed" = "open";
  let failure: unknown;
  let sink: ReadableStreamDefaultController<Uint8Array> | undefined;
  let reader: { resolve(all: Uint8Array): void; reject(reason: unknown): void } | undefined;

  function handOver(): Uint8Array {
    const [first, ...others] = waiting;
    waiting = [];
    return first !== undefined && others.length === 0
      ? first
      : Buffer.concat(first === undefined ? [] : [first, ...others]);
  }

  return {
    take(chunk) {
      if (sink !== undefined) {
        sink.enqueue(chunk);
        return (sink.desiredSize ?? 0) > 0;
      }
      waiting.push(chunk);
      bytes += chunk.byteLength;
      return reader !== undefined || bytes < AHEAD_BYTES;
    },
    close() {
      state = "closed";
      sink?.close();
      reader?.resolve(handOver());
    },
    fail(reason) {
      state = "failed";
      failure = reason;
      sink?.error(reason);
      reader?.reject(reason);
    },
    whole() {
      if (state === "failed") return Promise.reject(failure);
      if (state === "closed") return Promise.resolve(handOver());
      return new Promise((resolve, reject) => {
        reader = { resolve, reject };
        more();
      });
    },
    stream() {
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            if (state === "failed") return controller.error(failure);
            for (const chunk of waiting) controller.enqueue(chunk);
            waiting = [];
            if (state === "closed") controller.close();
            else sink = controller;
          },
          pull: more,
          cancel,
        },
        SIZE,
      );
    },
  };
}
