// A load generator that costs less than the servers it drives: raw sockets, requests rendered beforehand.
import { connect } from "node:net";

/**
 * Sends `requests` over `connections` keep-alive sockets, one at a time on each, as fast as they are answered.
 * @returns {Promise<{ seconds: number, statuses: Map<number, number> }>}
 */
export async function closedLoop({ port, requests, connections }) {
  let next = 0;
  const statuses = new Map();
  const startedAt = process.hrtime.bigint();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = await openClient(port);
      while (next < requests.length) {
        const status = await client.send(requests[next++]);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      client.close();
    }),
  );
  return { seconds: Number(process.hrtime.bigint() - startedAt) / 1e9, statuses };
}

/**
 * Sends `requests` at `perSecond`, whether answers come or not; the latency counts from when a request was due.
 * @returns {Promise<{ latenciesMs: number[], statuses: Map<number, number> }>}
 */
export async function openLoop({ port, requests, perSecond, connections, onDue }) {
  const idle = await Promise.all(Array.from({ length: connections }, () => openClient(port)));
  const all = [...idle];
  const another = async () => {
    const client = await openClient(port);
    all.push(client);
    return client;
  };
  const latenciesMs = [];
  const statuses = new Map();
  const pending = [];
  const startedAt = performance.now();
  for (let index = 0; index < requests.length; ) {
    const now = performance.now() - startedAt;
    for (; index < requests.length && (index * 1000) / perSecond <= now; index += 1) {
      const dueAt = startedAt + (index * 1000) / perSecond;
      const client = idle.pop() ?? (await another());
      onDue?.(index, dueAt);
      pending.push(
        client.send(requests[index]).then((status) => {
          latenciesMs.push(performance.now() - dueAt);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          idle.push(client);
        }),
      );
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(pending);
  for (const client of all) client.close();
  return { latenciesMs, statuses };
}

export function openClient(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let answered = () => {};
    let failed = reject;
    let head = "";
    let body = "";
    let missing = -1;
    let status = 0;
    socket.on("data", (chunk) => {
      if (missing < 0) {
        head += chunk.toString("latin1");
        const end = head.indexOf("\r\n\r\n");
        if (end < 0) return;
        status = Number(head.slice(9, 12));
        const length = /content-length: (\d+)/i.exec(head.slice(0, end));
        body = head.slice(end + 4);
        missing = Number(length?.[1] ?? 0) - body.length;
        head = "";
      } else {
        missing -= chunk.length;
        body += chunk.toString("latin1");
      }
      if (missing > 0) return;
      missing = -1;
      answered(status, body);
    });
    socket.on("error", (error) => failed(error));
    socket.on("connect", () =>
      resolve({
        /** The status of the answer; `onBody` sees its bytes, as latin1. */
        send: (request, onBody) =>
          new Promise((done, fail) => {
            answered = (answer, text) => {
              onBody?.(text);
              done(answer);
            };
            failed = fail;
            socket.write(request);
          }),
        close: () => socket.destroy(),
      }),
    );
  });
}

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const median = (values) => quantile(values, 0.5);
