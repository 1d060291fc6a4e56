// DURABLE: the least that can be done right: node:http, SHA-1, AES, a flat scan, one row into SQLite (WAL, FULL, group commit).
import { createDecipheriv, createHash, timingSafeEqual } from "node:crypto";
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
  for (const { row } of rows) insert.run(...row);
  database.exec("COMMIT");
  for (const { response } of rows) response.writeHead(200, { "content-length": 7 }).end("success");
}
function store(row, response) {
  if (group.push({ row, response }) === 1) setImmediate(commit);
}

const between = (text, open, close) => {
  const start = text.indexOf(open) + open.length;
  return text.slice(start, text.indexOf(close, start));
};

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const query = new URLSearchParams(request.url.slice(request.url.indexOf("?") + 1));
    const encrypt = between(Buffer.concat(chunks).toString(), "<Encrypt><![CDATA[", "]]>");
    const signature = createHash("sha1")
      .update([ACCOUNT.token, query.get("timestamp"), query.get("nonce"), encrypt].sort().join(""))
      .digest("hex");
    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(query.get("msg_signature"))))
      return response.writeHead(401).end();
    const decipher = createDecipheriv("aes-256-cbc", key, iv).setAutoPadding(false);
    const frame = Buffer.concat([decipher.update(encrypt, "base64"), decipher.final()]);
    const xml = frame.toString("utf8", 20, 20 + frame.readUInt32BE(16));
    store(
      [
        between(xml, "<MsgId>", "</MsgId>"),
        between(xml, "<FromUserName><![CDATA[", "]]>"),
        Number(between(xml, "<CreateTime>", "</CreateTime>")),
        xml,
      ],
      response,
    );
  });
});
server.listen(0, "127.0.0.1", () => reportTo(process, server.address().port));
process.on("SIGTERM", () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
