// Memory while a file of 100 MB comes in, and while the largest that the platform takes goes out, through the app channel.
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { callbackRequests, fileRequests } from "./lib/callbacks.mjs";
import { appChannel, newFolder, startGateway } from "./lib/gateway.mjs";
import { openClient } from "./lib/load.mjs";
import { addedMib } from "./lib/peak-memory.mjs";
import { report } from "./lib/report.mjs";
import { until } from "./lib/until.mjs";

const MB = 1_000_000;
const IN_BYTES = 100 * MB;
/** The platform takes 20 MiB. */
const OUT_BYTES = 20 * MB;
const SMALL_BYTES = MB;

export async function run() {
  const dir = newFolder();
  const outbox = join(dir, "outbox");
  mkdirSync(outbox);
  writeFileSync(join(outbox, "report.bin"), Buffer.alloc(OUT_BYTES, 7));
  const world = await startWorld(join(outbox, "report.bin"));
  const api = `http://127.0.0.1:${world.port}`;
  const gateway = await startGateway({
    dir,
    config: {
      media: { maxBytes: 2 * IN_BYTES },
      agents: { server: { type: "http", url: `${api}/agent` } },
      defaultAgent: "server",
      channels: { app: { ...appChannel(api), mediaLocalRoots: [outbox] } },
    },
  });
  const client = await openClient(gateway.port);
  const fileComes = async (bytes, firstId) => {
    const before = world.received.length;
    await client.send(fileRequests(1, { mediaId: String(bytes), firstId })[0]);
    await until(() => world.received.length > before);
    const [{ media }] = world.received.at(-1);
    if (media?.bytes !== bytes) throw new Error(`the file came as ${JSON.stringify(media)}`);
  };

  await fileComes(SMALL_BYTES, 1);
  const came = await addedMib(gateway, () => fileComes(IN_BYTES, 2));
  const went = await addedMib(gateway, async () => {
    await client.send(callbackRequests(1, { firstId: 3 })[0]);
    await until(() => world.uploadedBytes() > OUT_BYTES);
  });
  report(`memory added by a file of ${IN_BYTES / MB} MB that comes in`, came, { most: 64, unit: "MiB" });
  report(`memory added by a file of ${OUT_BYTES / MB} MB that goes out`, went, { most: 64, unit: "MiB" });
  client.close();
  await gateway.stop();
  world.stop();
}

/** The agent, and the platform as far as files need it: a media id is the size of the file. */
async function startWorld(reportPath) {
  const received = [];
  let uploaded = 0;
  const json = (response, value) =>
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname === "/cgi-bin/media/get") return sendFile(response, Number(searchParams.get("media_id")));
    const isUpload = pathname === "/cgi-bin/media/upload";
    const chunks = [];
    request.on("data", (chunk) => {
      if (isUpload) uploaded += chunk.length;
      else chunks.push(chunk);
    });
    request.on("end", () => {
      if (pathname !== "/agent") return json(response, API_ANSWER);
      const [{ content }] = JSON.parse(Buffer.concat(chunks)).messages;
      const asks = content[0].kind === "text";
      if (!asks) received.push(content);
      json(response, { content: asks ? [{ kind: "file", path: reportPath }] : [] });
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    received,
    uploadedBytes: () => uploaded,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const API_ANSWER = {
  errcode: 0,
  errmsg: "ok",
  access_token: "token",
  expires_in: 7200,
  media_id: "uploaded",
  msgid: "1",
};

function sendFile(response, bytes) {
  const piece = Buffer.alloc(65_536, 7);
  const pieces = function* () {
    for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, Math.min(left, piece.length));
  };
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": bytes,
    "content-disposition": 'attachment; filename="large.bin"',
  });
  Readable.from(pieces()).pipe(response);
}
