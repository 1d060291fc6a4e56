// The platform's end of the bot's long connection, as thin as it can be: every frame is acknowledged after a while.
import { WebSocketServer } from "ws";

const delayMs = Number(process.argv[2] ?? 0);
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
const ack = (data) => {
  const { headers } = JSON.parse(data);
  return `{"headers":${JSON.stringify(headers)},"errcode":0,"errmsg":"ok"}`;
};
server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const text = data.toString();
    if (text.includes('"hold"')) return;
    if (delayMs === 0) socket.send(ack(text));
    else setTimeout(() => socket.send(ack(text)), delayMs);
  });
});
server.on("listening", () => process.stdout.write(`${server.address().port}\n`));
