import type { FastifyReply, FastifyRequest } from "fastify";

const HEARTBEAT_MS = 15_000;

/** A stream of server-sent events to one browser or command. */
export interface EventStream {
  send(event: string, data: unknown, id?: string): void;
  /** Fires when the other side has gone. */
  readonly signal: AbortSignal;
  end(): void;
}

/** Takes the reply over and answers with events until `end`, or until the other side goes. */
export function openEventStream(request: FastifyRequest, reply: FastifyReply): EventStream {
  reply.hijack();
  const response = reply.raw;
  const gone = new AbortController();
  const headers = {
    ...reply.getHeaders(),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
  };
  response.writeHead(200, headers as Record<string, string>);
  response.write(": wxgate\n\n");
  const heartbeat = setInterval(() => response.write(": \n\n"), HEARTBEAT_MS);
  request.raw.socket.setKeepAlive(true);
  response.on("close", () => {
    clearInterval(heartbeat);
    gone.abort();
  });
  return {
    send(event, data, id) {
      if (gone.signal.aborted) return;
      response.write(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    signal: gone.signal,
    end: () => response.end(),
  };
}
