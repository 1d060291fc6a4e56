import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MediaOpener, type OutboundContent, RejectedError, TransientError } from "@wxgate/core";
import { createTestPorts } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { createKfChannel } from "./index.ts";
import { CONFIG } from "./test-support/callbacks.ts";
import { fakeQyapi, ok, refusal } from "./test-support/fake-qyapi.ts";
import { TO } from "./test-support/start-kf.ts";

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489", "hex");
const signal = new AbortController().signal;

async function harness(open: () => Buffer | Error = () => PNG, filename = "logo.png") {
  const qyapi = fakeQyapi();
  let uploads = 0;
  qyapi.on("media/upload", () => {
    uploads += 1;
    return { ...ok, type: "image", media_id: `MID${uploads}`, created_at: "1700000000" };
  });
  const scratchDir = await mkdtemp(join(tmpdir(), "kf-media-test-"));
  const media: MediaOpener = {
    scratchDir,
    async open() {
      const content = open();
      if (content instanceof Error) throw content;
      return {
        body: (async function* () {
          yield content;
        })(),
        mime: "application/octet-stream",
        filename,
      };
    },
  };
  const channel = createKfChannel("support", CONFIG, createTestPorts({ fetch: qyapi.fetch, media }).ports);
  return {
    qyapi,
    channel,
    leftovers: () => readdir(scratchDir),
    async stage(content: OutboundContent): Promise<OutboundContent | undefined> {
      const target = { to: TO, answers: [], handles: [] };
      return (await channel.stage?.({ content: [content] }, target, signal))?.content[0];
    },
  };
}

describe("an outgoing file", () => {
  it("is uploaded by its kind and named by its media id", async () => {
    const { stage, qyapi, leftovers } = await harness();

    const staged = await stage({ kind: "image", url: "https://files.test/logo.png" });

    expect(staged).toEqual({ kind: "image", mediaId: "MID1", filename: "logo.png" });
    expect(qyapi.calls.find(({ path }) => path === "media/upload")?.query.get("type")).toBe("image");
    expect(qyapi.sent("media/upload")[0]).toContain('filename="logo.png"');
    expect(await leftovers()).toEqual([]);
  });

  it("that WeChat does not take as what it is goes as a file", async () => {
    const { stage } = await harness(() => Buffer.from("GIF89a and more"), "cat.gif");

    expect(await stage({ kind: "image", url: "https://files.test/cat.gif" })).toMatchObject({
      kind: "file",
      filename: "cat.gif",
    });
  });

  it("that WeChat takes in no form becomes a sentence with its address", async () => {
    const { stage } = await harness(() => Buffer.from("tiny"), "a.txt");

    expect(await stage({ kind: "file", url: "https://files.test/a.txt" })).toMatchObject({
      kind: "text",
      text: expect.stringMatching(/^（文件未能发送：.*4 字节.*）\nhttps:\/\/files\.test\/a\.txt$/s),
    });
  });

  it("that a guard refuses becomes a sentence that names no address", async () => {
    const { stage } = await harness(
      () => new RejectedError("10.0.0.8 is a private address", { code: "http.blocked-address" }),
    );

    expect(await stage({ kind: "image", url: "http://10.0.0.8/secret" })).toEqual({
      kind: "text",
      text: "（有一个文件未能发送）",
      format: "plain",
    });
  });

  it("that could not be fetched now is tried again", async () => {
    const { stage } = await harness(() => new TransientError("503", { code: "http.status" }));

    await expect(stage({ kind: "image", url: "https://files.test/a.png" })).rejects.toBeInstanceOf(TransientError);
  });

  it("with a media id is left alone, however often", async () => {
    const { stage, qyapi } = await harness();

    expect(await stage({ kind: "voice", mediaId: "M" })).toEqual({ kind: "voice", mediaId: "M" });
    expect(qyapi.calls).toEqual([]);
  });

  it("made of a long reply is uploaded as a file", async () => {
    const { stage } = await harness(() => Buffer.from("the whole reply"), "完整回复.txt");

    expect(await stage({ kind: "file", text: "the whole reply", filename: "完整回复.txt" })).toEqual({
      kind: "file",
      mediaId: "MID1",
      filename: "完整回复.txt",
    });
  });
});

describe("the picture of a link", () => {
  const link: OutboundContent = {
    kind: "link",
    title: "T",
    url: "https://a.test/",
    image: { url: "https://a.test/p.png" },
  };

  it("is uploaded beside it", async () => {
    const { stage } = await harness();

    expect(await stage(link)).toEqual({ ...link, image: { mediaId: "MID1" } });
  });

  it("that is none makes the link a text", async () => {
    const { stage } = await harness(() => Buffer.from("<html>not found</html>"), "p.png");

    expect(await stage(link)).toEqual({ kind: "text", text: "T\nhttps://a.test/", format: "plain" });
  });

  it("of a mini program that is none makes it an item of a menu", async () => {
    const { stage } = await harness(() => new RejectedError("gone", { code: "http.status" }));

    expect(
      await stage({ kind: "miniprogram", appId: "wx1", path: "p.html", image: { url: "https://a.test/p.png" } }),
    ).toMatchObject({
      kind: "menu",
      items: [{ appId: "wx1", path: "p.html" }],
    });
  });
});

describe("a file that a customer sent", () => {
  it("is streamed with type, size and a safe name", async () => {
    const { channel, qyapi } = await harness();
    qyapi.on(
      "media/get",
      () =>
        new Response(PNG, {
          headers: {
            "content-type": "image/png",
            "content-length": String(PNG.length),
            "content-disposition": 'attachment; filename="../../etc/a.png"',
          },
        }),
    );

    const stream = await channel.openMedia?.({ mediaId: "MEDIA1" }, signal);
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream?.body ?? []) chunks.push(chunk);

    expect(Buffer.concat(chunks)).toEqual(PNG);
    expect(stream).toMatchObject({ mime: "image/png", bytes: PNG.length });
    expect(stream?.filename).not.toContain("/");
  });

  it("is read in ranges when it is too large for one request", async () => {
    const { channel, qyapi } = await harness();
    qyapi.once("media/get", refusal(830002));
    qyapi.once("media/get", () => part("first half, ", 0, 23));
    qyapi.once("media/get", () => part("second half", 12, 23));

    const stream = await channel.openMedia?.({ mediaId: "MEDIA1" }, signal);
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream?.body ?? []) chunks.push(chunk);

    expect(Buffer.concat(chunks).toString()).toBe("first half, second half");
  });

  it("that is over answers with an error, though the platform says 200", async () => {
    const { channel, qyapi } = await harness();
    qyapi.on("media/get", refusal(40007, "invalid media_id"));

    await expect(channel.openMedia?.({ mediaId: "OLD" }, signal)).rejects.toMatchObject({ platformCode: 40007 });
  });
});

function part(content: string, start: number, total: number): Response {
  return new Response(content, {
    status: 206,
    headers: {
      "content-disposition": 'attachment; filename="a.bin"',
      "content-range": `bytes ${start}-${start + content.length - 1}/${total}`,
    },
  });
}
