// iLink's API and media server as thin as they can be, and the agent beside them; the clients under test are other processes.
import { createCipheriv, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { Readable } from "node:stream";

export const BOT = {
  botId: "bench@im.bot",
  token: "bench@im.bot:a-token-of-the-measurements",
  userId: "owner@im.wechat",
};
const HOLD_MS = 30_000;
const PIECE = Buffer.alloc(65_536, 7);

/** @param {{ respond(body: object, response: import("node:http").ServerResponse): void }} agent */
export async function startIlinkPlatform(agent) {
  const queue = [];
  let nextId = 1;
  let cursor = 0;
  let endPoll = () => {};
  let uploadedBytes = 0;
  let sent = 0;
  const platform = { onPoll() {} };

  /** What waits, or nothing after a while. A cursor is a number of polls: nobody looks back. */
  function updates(response) {
    endPoll();
    platform.onPoll();
    let timer;
    const answer = () => {
      clearTimeout(timer);
      endPoll = () => {};
      cursor += 1;
      json(response, { ret: 0, msgs: queue.splice(0), get_updates_buf: `c${cursor}`, longpolling_timeout_ms: 35_000 });
    };
    if (queue.length > 0) return answer();
    timer = setTimeout(answer, HOLD_MS);
    endPoll = answer;
  }

  const CALLS = {
    getupdates: updates,
    sendmessage(response) {
      sent += 1;
      json(response, { ret: 0, message_id: String(nextId++) });
    },
    getconfig: (response) => json(response, { ret: 0, typing_ticket: "a-ticket" }),
    sendtyping: (response) => json(response, { ret: 0 }),
    "msg/notifystart": (response) => json(response, { ret: 0 }),
    "msg/notifystop": (response) => json(response, { ret: 0 }),
    getuploadurl: (response) => json(response, { ret: 0, upload_full_url: `${platform.url}/cdn/upload` }),
  };

  async function handle(request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname === "/cdn/download") return sendEncrypted(response, Number(searchParams.get("bytes")));
    if (pathname === "/cdn/upload") {
      for await (const chunk of request) uploadedBytes += chunk.length;
      return response.writeHead(200, { "x-encrypted-param": "uploaded" }).end();
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks));
    if (pathname === "/agent") return agent.respond(body, response);
    CALLS[pathname.replace("/ilink/bot/", "")](response, body);
  }

  const server = createServer((request, response) => void handle(request, response));
  server.requestTimeout = 0;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(platform, {
    url: `http://127.0.0.1:${server.address().port}`,
    uploadedBytes: () => uploadedBytes,
    sent: () => sent,
    /** The id of what a person wrote. */
    write(person, item = { type: 1, text_item: { text: "请问我的订单什么时候发货？" } }) {
      const id = String(7_000_000_000 + nextId++);
      queue.push(message(id, person, item));
      // What is written at the same moment comes with the same poll.
      setImmediate(() => queue.length > 0 && endPoll());
      return id;
    },
    fileItem: (bytes) => ({
      type: 4,
      file_item: {
        media: { full_url: `${platform.url}/cdn/download?bytes=${bytes}`, aes_key: KEY.toString("base64") },
        file_name: "large.bin",
        len: String(bytes),
      },
    }),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  });
}

const message = (id, person, item) => ({
  seq: Number(id),
  message_id: id,
  from_user_id: person,
  to_user_id: BOT.botId,
  create_time_ms: Date.now(),
  message_type: 1,
  message_state: 2,
  context_token: contextToken(),
  item_list: [item],
});

/** Fresh for each message, as long as those of the simulator. */
export const contextToken = () => `AARz${randomBytes(18).toString("base64url")}`;

function json(response, value) {
  const text = JSON.stringify(value);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
}

const KEY = Buffer.alloc(16, 3);
/** In ECB equal pieces have equal ciphertext: one is enough for a file of any size. */
const encrypt = (plain) => createCipheriv("aes-128-ecb", KEY, null).update(plain);

function sendEncrypted(response, bytes) {
  const piece = encrypt(PIECE);
  const whole = bytes - (bytes % PIECE.length);
  const cipher = createCipheriv("aes-128-ecb", KEY, null);
  const last = Buffer.concat([cipher.update(PIECE.subarray(0, bytes % PIECE.length)), cipher.final()]);
  const pieces = function* () {
    for (let sent = 0; sent < whole; sent += piece.length) yield piece;
    yield last;
  };
  response.writeHead(200, { "content-length": whole + last.length });
  Readable.from(pieces()).pipe(response);
}
