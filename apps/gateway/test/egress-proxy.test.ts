import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Simulator } from "@wxgate/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { type GatewayUnderTest, type Json, startGateway, waitFor } from "./harness.ts";

const BOT = "aibSimBot0000000000000001";
/** A name that nothing but the proxy can find. */
const FAR = "bot.platform.test";

/** A CONNECT proxy that leads every tunnel to the simulator and notes what it was asked for. */
async function startProxy() {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let target = 0;
  const server = createServer();
  server.on("connection", (socket) => sockets.add(socket));
  server.on("connect", (request, socket: Socket) => {
    asked.push(request.url ?? "");
    const far = connect(target, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(far).pipe(socket);
    });
    for (const side of [far, socket]) side.on("error", () => [far, socket].map((one) => one.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo(sim: Simulator) {
      target = Number(new URL(sim.url).port);
    },
  };
}

type Proxy = Awaited<ReturnType<typeof startProxy>>;

/** A bot whose platform stands at a name, and so is no loopback address. */
function farBot(proxy: Proxy, more: Json = {}) {
  return (sim: Simulator) => {
    proxy.leadTo(sim);
    const account = sim.accounts().find((one) => one.account === BOT);
    const url = new URL(String(account?.url));
    url.hostname = FAR;
    return {
      channels: { helper: { type: "wecom-bot-ws", botId: BOT, secret: account?.secret, url: url.href, ...more } },
    };
  };
}

async function stateOf(gateway: GatewayUnderTest): Promise<Json> {
  const { items } = await gateway.api<{ items: Json[] }>("/api/channels");
  return items[0] as Json;
}

describe("behind a proxy", () => {
  it("the bot's long connection goes through the channel's egressProxyUrl, and answers", async () => {
    const proxy = await startProxy();
    const gateway = await startGateway({ config: farBot(proxy, { egressProxyUrl: proxy.url }) });

    await waitFor(() => gateway.sim.screen({ account: BOT, user: "nobody" }).chat.state === 0);
    await gateway.customerWrites("hello", "anna", BOT);
    const answers = () => gateway.sim.screen({ account: BOT, user: "anna" }).items.filter((item) => item.finished);
    await waitFor(() => answers().length > 0);

    expect(answers()[0]?.text).toContain("hello");
    expect(proxy.asked).toContain(`${FAR}:${new URL(gateway.sim.url).port}`);
  });

  it("the bot's long connection goes through the proxy of the environment", async () => {
    const proxy = await startProxy();
    const gateway = await startGateway({ config: farBot(proxy), env: { HTTPS_PROXY: proxy.url } });

    await waitFor(() => gateway.sim.screen({ account: BOT, user: "nobody" }).chat.state === 0);

    expect(proxy.asked).toHaveLength(1);
  });

  it("a host in NO_PROXY is looked for without the proxy", async () => {
    const proxy = await startProxy();
    const env = { HTTPS_PROXY: proxy.url, NO_PROXY: ".platform.test" };
    const gateway = await startGateway({ config: farBot(proxy), env });

    const channel = await waitFor(async () => {
      const now = await stateOf(gateway);
      return now.state === "degraded" && now;
    });

    expect(String(channel.reason)).toContain(FAR);
    expect(proxy.asked).toEqual([]);
  });

  it("a bot on this machine is never looked for behind the proxy", async () => {
    const proxy = await startProxy();
    const gateway = await startGateway({
      config: (sim) => {
        const account = sim.accounts().find((one) => one.account === BOT);
        const channel = { type: "wecom-bot-ws", botId: BOT, secret: account?.secret, url: account?.url };
        return { channels: { helper: { ...channel, egressProxyUrl: proxy.url } } };
      },
    });

    await waitFor(() => gateway.sim.screen({ account: BOT, user: "nobody" }).chat.state === 0);

    expect(proxy.asked).toEqual([]);
  });

  it("a proxy that cannot be used is named in the channel's state, without its password", async () => {
    const proxy = await startProxy();
    const gateway = await startGateway({ config: farBot(proxy, { egressProxyUrl: "http://wx:hunter2@127.0.0.1:9" }) });

    const channel = await waitFor(async () => {
      const now = await stateOf(gateway);
      return now.state === "degraded" && now;
    });

    expect(String(channel.reason)).toContain("egressProxyUrl");
    expect(JSON.stringify(channel) + gateway.log()).not.toContain("hunter2");
  });
});
