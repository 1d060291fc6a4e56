import { once } from "node:events";
import { type AddressInfo, connect as connectTcp } from "node:net";
import type { OpenSocket } from "@wxgate/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { createWsConnect } from "./socket.ts";

/** A WebSocket server that sends back what it gets. */
async function echo(): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket) => socket.on("message", (data) => socket.send(`echo ${data}`)));
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Leads every address to one local port, as a proxy would, and notes what was asked for. */
function leading(port: number): { openSocket: OpenSocket; asked: string[] } {
  const asked: string[] = [];
  const openSocket: OpenSocket = async (url) => {
    asked.push(String(url));
    const socket = connectTcp(port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };
  return { openSocket, asked };
}

function listener() {
  const messages: string[] = [];
  let wake: () => void = () => {};
  return {
    messages,
    next: () => new Promise<void>((resolve) => (wake = resolve)),
    events: {
      message(text: string) {
        messages.push(text);
        wake();
      },
      closed() {
        wake();
      },
    },
  };
}

const forever = () => new AbortController().signal;

describe("the bot's socket", () => {
  it("speaks over the connection that the port opens for it", async () => {
    const { openSocket, asked } = leading(await echo());
    const heard = listener();

    const socket = await createWsConnect({ openSocket })("ws://bot.example.test/", heard.events, forever());
    const answered = heard.next();
    socket.send("hello");
    await answered;

    expect(heard.messages).toEqual(["echo hello"]);
    expect(asked).toEqual(["ws://bot.example.test/"]);
  });

  it("opens its own connection where nobody hands in a port", async () => {
    const heard = listener();

    const socket = await createWsConnect()(`ws://127.0.0.1:${await echo()}/`, heard.events, forever());
    const answered = heard.next();
    socket.send("hello");
    await answered;

    expect(heard.messages).toEqual(["echo hello"]);
  });

  it("says why the port could not open a connection", async () => {
    const openSocket = async () => {
      throw new Error("the proxy 10.0.0.1:3128 (from egressProxyUrl) refused a tunnel");
    };

    const opening = createWsConnect({ openSocket })("ws://bot.example.test/", listener().events, forever());

    await expect(opening).rejects.toThrow("from egressProxyUrl");
  });

  it("gives up a connection that was opened when nobody wants it any more", async () => {
    const { openSocket } = leading(await echo());
    const stop = new AbortController();
    let line: Awaited<ReturnType<OpenSocket>> | undefined;
    const late: OpenSocket = async (url) => {
      line = await openSocket(url);
      stop.abort(new Error("the channel stops"));
      return line;
    };

    const opening = createWsConnect({ openSocket: late })("ws://bot.example.test/", listener().events, stop.signal);

    await expect(opening).rejects.toThrow("the channel stops");
    await expect.poll(() => line?.destroyed).toBe(true);
  });
});
