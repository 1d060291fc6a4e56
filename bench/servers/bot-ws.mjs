// The platform's end of the bot's long connection, as thin as it can be: every frame is acknowledged after a while. On demand
// people write at a steady rate, and the bubbles that answer them are counted.
import { WebSocketServer } from "ws";
import { reportTo } from "../lib/in-server.mjs";

const PEOPLE = 2_000;
const delayMs = Number(process.argv[2] ?? 0);
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
let current;
let nextId = 1;
let finished = 0;
const ack = (data) => {
  const { headers } = JSON.parse(data);
  return `{"headers":${JSON.stringify(headers)},"errcode":0,"errmsg":"ok"}`;
};

server.on("connection", (socket, { socket: line }) => {
  let isGathering = false;
  // One write for all acknowledgements of one turn of the event loop: else the server is what is measured, not its client.
  const gather = () => {
    if (isGathering) return;
    isGathering = true;
    line.cork();
    setImmediate(() => {
      isGathering = false;
      line.uncork();
    });
  };
  socket.on("message", (data) => {
    gather();
    const text = data.toString();
    if (text.includes('"hold"')) return;
    if (text.includes('"aibot_subscribe"')) current = socket;
    if (text.includes('"finish":true')) finished += 1;
    if (delayMs === 0) socket.send(ack(text));
    else setTimeout(() => socket.send(ack(text)), delayMs);
  });
});

function write() {
  const id = nextId++;
  const body = {
    msgid: `m-${id}`,
    aibotid: "aibBench",
    chattype: "single",
    from: { userid: `person${id % PEOPLE}` },
    msgtype: "text",
    text: { content: `message ${id}: 请问我的订单什么时候发货？` },
  };
  current.send(JSON.stringify({ cmd: "aibot_msg_callback", headers: { req_id: `r-${id}` }, body }));
}

/** Resolves when the last is written. */
function writeFor({ perSecond, seconds }) {
  const startedAt = performance.now();
  const count = perSecond * seconds;
  let written = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(count, ((performance.now() - startedAt) / 1000) * perSecond);
      for (; written < due; written += 1) write();
      if (written < count) return;
      clearInterval(timer);
      resolve({ written });
    }, 5);
  });
}

server.on("listening", () =>
  reportTo(process, server.address().port, {
    write: writeFor,
    state: () => ({ connected: current !== undefined, finished }),
  }),
);
process.on("SIGTERM", () => process.exit(0));
