import { fieldsOf, textIn } from "../json.ts";

/** JSON-RPC's numbers, and ACP's own. */
export const RPC = {
  invalidParams: -32602,
  unknownMethod: -32601,
  internal: -32603,
  unauthenticated: -32000,
  notFound: -32002,
} as const;

/** What the other side answered instead of a result; or what we answer to it. */
export class RpcError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.name = "RpcError";
    this.code = code;
  }
}

export interface RpcOptions {
  write(line: string): void;
  /** Answers a request of the other side. What it throws becomes the error. */
  onRequest(method: string, params: unknown): Promise<unknown>;
  onNotification(method: string, params: unknown): void;
}

/** Both sides of one JSON-RPC 2.0 connection, line by line. */
export interface Rpc {
  /** @throws RpcError, or what `end` was called with. */
  request(method: string, params: object): Promise<unknown>;
  notify(method: string, params: object): void;
  /** False: the line is no message. */
  receive(line: string): boolean;
  /** Everything that waits fails with `reason`, and so does everything to come. */
  end(reason: Error): void;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(reason: Error): void;
}

export function createRpc({ write, onRequest, onNotification }: RpcOptions): Rpc {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: Error | undefined;

  const send = (message: object) => {
    if (ended === undefined) write(JSON.stringify({ jsonrpc: "2.0", ...message }));
  };

  async function answer(id: unknown, method: string, params: unknown): Promise<void> {
    try {
      send({ id, result: (await onRequest(method, params)) ?? null });
    } catch (error) {
      const code = error instanceof RpcError ? error.code : RPC.internal;
      send({ id, error: { code, message: error instanceof RpcError ? error.message : "internal error" } });
    }
  }

  function settle(id: unknown, message: Readonly<Record<string, unknown>>): void {
    const one = typeof id === "number" ? waiting.get(id) : undefined;
    if (one === undefined || typeof id !== "number") return;
    waiting.delete(id);
    const failure = fieldsOf(message.error);
    if (failure === undefined) {
      one.resolve(message.result);
      return;
    }
    const code = typeof failure.code === "number" ? failure.code : RPC.internal;
    one.reject(new RpcError(code, describe(failure)));
  }

  return {
    request(method, params) {
      if (ended !== undefined) return Promise.reject(ended);
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        send({ id, method, params });
      });
    },
    notify: (method, params) => send({ method, params }),
    receive(line) {
      const message = parse(line);
      if (message === undefined) return false;
      const { id, method, params } = message;
      if (typeof method === "string") {
        if (id === undefined) onNotification(method, params);
        else void answer(id, method, params);
        return true;
      }
      if (!("result" in message) && !("error" in message)) return false;
      settle(id, message);
      return true;
    },
    end(reason) {
      ended ??= reason;
      for (const one of waiting.values()) one.reject(ended);
      waiting.clear();
    },
  };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return fieldsOf(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Agents put what happened into `data`, and into `message` only its kind. */
function describe({ message, data }: Readonly<Record<string, unknown>>): string {
  const details = textIn(data) ?? textIn(fieldsOf(data)?.details) ?? textIn(fieldsOf(data)?.message);
  return [textIn(message), details].filter((part) => part !== undefined && part !== "").join(": ");
}
