// RAW: node:http that reads the body and answers 200.
import { createServer } from "node:http";
import { reportTo } from "../lib/in-server.mjs";

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.writeHead(200, { "content-length": 7 }).end("success"));
});
// As the gateway: the load keeps connections that it does not use for a while.
server.keepAliveTimeout = 72_000;
server.listen(0, "127.0.0.1", () => reportTo(process, server.address().port));
process.on("SIGTERM", () => process.exit(0));
