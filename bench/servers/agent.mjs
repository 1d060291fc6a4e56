// An agent that answers 204 and remembers when each message came; also the platform's API, as far as a gateway that sends
// nothing asks for it.
import { createServer } from "node:http";
import { reportTo } from "../lib/in-server.mjs";

let arrivals = [];
let count = 0;
const now = () => Number(process.hrtime.bigint()) / 1e6;

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    if (request.url !== "/agent") return platform(response);
    const at = now();
    for (const { id } of JSON.parse(Buffer.concat(chunks)).messages) {
      count += 1;
      arrivals.push([id, at]);
    }
    response.writeHead(204).end();
  });
});

function platform(response) {
  response.writeHead(200, { "content-type": "application/json" });
  response.end('{"errcode":0,"errmsg":"ok","access_token":"token","expires_in":7200,"account_list":[],"msg_list":[]}');
}

server.listen(0, "127.0.0.1", () =>
  reportTo(process, server.address().port, {
    count: () => ({ count }),
    arrivals() {
      const taken = arrivals;
      arrivals = [];
      return { arrivals: taken };
    },
  }),
);
process.on("SIGTERM", () => process.exit(0));
