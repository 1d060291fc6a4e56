// A gateway with one app channel; the agent lives here, so that whoever writes knows at once what it has.
import { createServer } from "node:http";
import { appConfig } from "./answered.mjs";
import { appMessageId, callbackRequests } from "./callbacks.mjs";
import { startGateway } from "./gateway.mjs";
import { openClient } from "./load.mjs";

const API = '{"errcode":0,"errmsg":"ok","access_token":"token","expires_in":7200}';

/** @param {{ respond(body: object, response: import("node:http").ServerResponse): void }} agent */
export async function openAppWorld(agent) {
  let nextId = 1;
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/agent") agent.respond(JSON.parse(Buffer.concat(chunks)), response);
      else response.writeHead(200, { "content-type": "application/json" }).end(API);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const gateway = await startGateway({ config: appConfig(server.address().port) });
  // Opened when they are needed: the gateway closes what says nothing for four seconds.
  const clients = [];

  async function post(request) {
    const client = clients.pop() ?? (await openClient(gateway.port));
    await client.send(request);
    clients.push(client);
  }

  return {
    agent,
    cpu: gateway.cpu,
    /** The message's id, and when the platform was told that it is stored. */
    write(member) {
      const firstId = nextId++;
      const [request] = callbackRequests(1, { from: () => member, firstId });
      return { id: appMessageId(firstId), stored: post(request) };
    },
    async stop() {
      for (const client of clients) client.close();
      await gateway.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}
