import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** How a network fails: connections that are reset and refused, or that stay open while nothing comes through. */
export type Cut = "dropped" | "stalled";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** A way to `port` of this machine that can be cut; it ends with the test. */
export async function startWay(port: number) {
  const pairs = new Set<Pair>();
  let cut: Cut | undefined;

  function obey({ near, far }: Pair): void {
    if (cut === "dropped") {
      near.resetAndDestroy();
      far.resetAndDestroy();
    } else
      for (const socket of [near, far]) {
        if (cut === "stalled") socket.pause();
        else socket.resume();
      }
  }

  const server = createServer((near) => {
    const pair = { near, far: connect(port, "127.0.0.1") };
    pairs.add(pair);
    for (const [from, to] of [
      [pair.near, pair.far],
      [pair.far, pair.near],
    ] as const) {
      from.on("data", (bytes) => to.write(bytes));
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    obey(pair);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const { near } of pairs) near.destroy();
  });

  return {
    port: (server.address() as { port: number }).port,
    cut(how: Cut) {
      cut = how;
      for (const pair of pairs) obey(pair);
    },
    mend() {
      cut = undefined;
      for (const pair of pairs) obey(pair);
    },
  };
}
