import { createHash } from "node:crypto";
import type { RequestListener } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CERTIFICATE } from "./fixtures/certificate.ts";
import { client } from "./fixtures/clients.ts";
import { connectProxy, serve, serveTls, socksProxy } from "./fixtures/servers.ts";
import type { HttpClientOptions } from "./index.ts";

const CHUNK_BYTES = 700_000;
const CHUNKS = 8;

/** Reads in fits and starts, so that chunks wait on the way, and answers with the hash of what came. */
const readSlowly: RequestListener = async (request, response) => {
  const hash = createHash("sha256");
  for await (const chunk of request) {
    hash.update(chunk);
    await sleep(1);
  }
  response.end(hash.digest("hex"));
};

const chunkOf = (index: number) => Buffer.alloc(CHUNK_BYTES, index + 1);
const WHOLE = createHash("sha256")
  .update(Buffer.concat(Array.from({ length: CHUNKS }, (_, index) => chunkOf(index))))
  .digest("hex");

const WAYS: Record<string, () => Promise<{ url: string; options?: HttpClientOptions }>> = {
  plain: async () => ({ url: (await serve(readSlowly)).origin }),
  "over TLS": async () => {
    const { port } = await serveTls(readSlowly);
    return { url: `https://localhost:${port}/` };
  },
  "over TLS in a CONNECT tunnel": async () => {
    const proxy = await connectProxy({ to: (await serveTls(readSlowly)).port });
    return { url: "https://files.example.test/", options: { egressProxyUrl: `http://127.0.0.1:${proxy.port}` } };
  },
  "through SOCKS 5": async () => {
    const proxy = await socksProxy({ to: (await serve(readSlowly)).port });
    return { url: "http://media.example.test/", options: { egressProxyUrl: `socks5://127.0.0.1:${proxy.port}` } };
  },
};

describe("a streamed body", () => {
  it.each(Object.keys(WAYS))("may change as soon as it is said to be sent, %s", async (way) => {
    const { url, options } = await WAYS[way]!();
    const sent: number[] = [];
    async function* chunks() {
      for (let index = 0; index < CHUNKS; index++) yield chunkOf(index);
    }

    const response = await client({ network: { timeoutMs: 5000, retries: 0 }, ca: CERTIFICATE, ...options }).fetch(
      url,
      {
        method: "POST",
        body: chunks(),
        onChunkSent: (chunk) => {
          sent.push(chunk[0]!);
          chunk.fill(0);
        },
      },
    );

    expect(await response.text()).toBe(WHOLE);
    expect(sent).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
