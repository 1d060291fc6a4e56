// DURABLE: the least that can be done right: node:http, SHA-1, AES, a flat scan, one row into SQLite (WAL, FULL, group commit).
// With "json", the bot's callbacks, which are answered with an encrypted reply.
import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ACCOUNT } from "../lib/callbacks.mjs";
import { reportTo } from "../lib/in-server.mjs";
import { openSqlite } from "../lib/sqlite.mjs";

const folder = mkdtempSync(join(tmpdir(), "wxgate-bench-"));
const database = await openSqlite(join(folder, "durable.db"));
database.exec(
  "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE inbox (id TEXT PRIMARY KEY, sender TEXT, at INTEGER, body TEXT) WITHOUT ROWID",
);
const insert = database.prepare("INSERT OR IGNORE INTO inbox (id, sender, at, body) VALUES (?, ?, ?, ?)");
const key = Buffer.from(`${ACCOUNT.encodingAESKey}=`, "base64");
const iv = key.subarray(0, 16);

let group = [];
function commit() {
  const rows = group;
  group = [];
  database.exec("BEGIN IMMEDIATE");
  for (const { values } of rows) insert.run(...values);
  database.exec("COMMIT");
  for (const { values, nonce, response } of rows) {
    const body = answer(values, nonce);
    response.writeHead(200, { "content-length": body.length }).end(body);
  }
}
function store(values, nonce, response) {
  if (group.push({ values, nonce, response }) === 1) setImmediate(commit);
}

const between = (text, open, close) => {
  const start = text.indexOf(open) + open.length;
  return text.slice(start, text.indexOf(close, start));
};

/** What differs between XML callbacks and the bot's JSON ones: the latter are answered with an encrypted bubble. */
const FORMATS = {
  xml: {
    encrypted: (body) => between(body, "<Encrypt><![CDATA[", "]]>"),
    row: (xml) => [
      between(xml, "<MsgId>", "</MsgId>"),
      between(xml, "<FromUserName><![CDATA[", "]]>"),
      Number(between(xml, "<CreateTime>", "</CreateTime>")),
      xml,
    ],
    answer: () => "success",
  },
  json: {
    encrypted: (body) => between(body, '"encrypt":"', '"'),
    row: (json) => [between(json, '"msgid":"', '"'), between(json, '"userid":"', '"'), Date.now(), json],
    answer: ([id], nonce) =>
      sealed(`{"msgtype":"stream","stream":{"id":"s${id}","finish":false,"content":"…"}}`, nonce),
  },
};
const { encrypted, row, answer } = FORMATS[process.argv[2] ?? "xml"];
const signatureOf = (timestamp, nonce, encrypt) =>
  createHash("sha1").update([ACCOUNT.token, timestamp, nonce, encrypt].sort().join("")).digest("hex");

function sealed(text, nonce) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  const frame = Buffer.concat([randomBytes(16), length, Buffer.from(text)]);
  const pad = 32 - (frame.length % 32);
  const cipher = createCipheriv("aes-256-cbc", key, iv).setAutoPadding(false);
  const encrypt = Buffer.concat([cipher.update(frame), cipher.update(Buffer.alloc(pad, pad))]).toString("base64");
  const timestamp = Math.floor(Date.now() / 1000);
  const msgsignature = signatureOf(String(timestamp), nonce, encrypt);
  return JSON.stringify({ encrypt, msgsignature, timestamp, nonce });
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const query = new URLSearchParams(request.url.slice(request.url.indexOf("?") + 1));
    const encrypt = encrypted(Buffer.concat(chunks).toString());
    const nonce = query.get("nonce");
    const signature = signatureOf(query.get("timestamp"), nonce, encrypt);
    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(query.get("msg_signature"))))
      return response.writeHead(401).end();
    const decipher = createDecipheriv("aes-256-cbc", key, iv).setAutoPadding(false);
    const frame = Buffer.concat([decipher.update(encrypt, "base64"), decipher.final()]);
    store(row(frame.toString("utf8", 20, 20 + frame.readUInt32BE(16))), nonce, response);
  });
});
// As the gateway: the load keeps connections that it does not use for a while.
server.keepAliveTimeout = 72_000;
server.listen(0, "127.0.0.1", () => reportTo(process, server.address().port));
process.on("SIGTERM", () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
