import { describe, expect, it } from "vitest";
import { ACCOUNT, CORP_ID, type Harness, type Json, startHarness } from "../client.fixture.ts";

const MB = 1024 * 1024;
const PNG = "89504e470d0a1a0a0000";
const HOUR_MS = 3_600_000;

async function upload(h: Harness, type: string, bytes: Buffer, filename = "a.bin", field = "media"): Promise<Json> {
  const form = new FormData();
  form.append(field, new Blob([new Uint8Array(bytes)], { type: "application/x-test" }), filename);
  const address = `${h.sim.url}/cgi-bin/media/upload?access_token=${await h.token()}&type=${type}`;
  return (await fetch(address, { method: "POST", body: form })).json();
}

async function download(h: Harness, media_id: string, headers: Record<string, string> = {}): Promise<Response> {
  const query = new URLSearchParams({ access_token: await h.token(), media_id });
  return fetch(`${h.sim.url}/cgi-bin/media/get?${query}`, { headers });
}

/** A customer's file of that many bytes; the byte at n is n % 251. */
async function inbound(h: Harness, bytes: number): Promise<string> {
  await h.fault("kf.inbound.any-size");
  const content = { kind: "file", bytes, filename: "big.bin" };
  await h.control("POST", "send", { account: ACCOUNT, from: "alice", content });
  await h.sim.idle();
  return (await h.sync()).msg_list.at(-1).file.media_id;
}

const padded = (head: string, bytes: number) =>
  Buffer.concat([Buffer.from(head, "hex"), Buffer.alloc(bytes - head.length / 2)]);
const amr = (seconds: number) => Buffer.concat([Buffer.from("#!AMR\n"), Buffer.alloc(seconds * 50, 0x7c)]);

describe("media/upload", () => {
  it.each([
    ["image", padded(PNG, 100)],
    ["image", padded("ffd8ffe0", 100)],
    ["voice", amr(60)],
    ["video", padded("0000001866747970", 100)],
    ["file", Buffer.from("123456")],
  ])("takes a good %s, which can be fetched again with its name", async (type, bytes) => {
    const h = await startHarness();

    const answer = await upload(h, type, bytes, "文件 1.bin");
    const response = await download(h, answer.media_id);

    expect(answer).toMatchObject({ errcode: 0, type, created_at: expect.stringMatching(/^\d+$/) });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(response.headers.get("content-type")).toBe("application/x-test");
    const disposition = Buffer.from(response.headers.get("content-disposition") ?? "", "latin1").toString("utf8");
    expect(disposition).toBe('attachment; filename="文件 1.bin"');
  });

  it.each([
    ["a type that does not exist", "hologram", Buffer.from("123456"), 40005],
    ["nothing", "file", Buffer.alloc(0), 44001],
    ["five bytes", "file", Buffer.from("12345"), 40006],
    ["a GIF as image", "image", Buffer.from("GIF89a......"), 40004],
    ["a WAV as voice", "voice", Buffer.from("RIFF....WAVE"), 40004],
    ["61 seconds of voice", "voice", amr(61), 45007],
    ["an image over 10 MB", "image", padded(PNG, 10 * MB + 1), 40009],
    ["a video over 10 MB", "video", padded("0000001866747970", 10 * MB + 1), 40011],
    ["a file over 20 MB", "file", Buffer.alloc(20 * MB + 1), 40006],
  ])("refuses %s", async (_, type, bytes, errcode) => {
    const h = await startHarness();

    expect(await upload(h, type, bytes)).toMatchObject({ errcode });
  });

  it("refuses a form without a part named media", async () => {
    const h = await startHarness();

    expect(await upload(h, "file", Buffer.from("123456"), "a", "other")).toMatchObject({ errcode: 41005 });
  });
});

describe("media/get", () => {
  it("gives ranges", async () => {
    const h = await startHarness();
    const { media_id } = await upload(h, "file", Buffer.from("0123456789"));

    const response = await download(h, media_id, { range: "bytes=2-5" });

    expect([response.status, response.headers.get("content-range")]).toEqual([206, "bytes 2-5/10"]);
    expect(await response.text()).toBe("2345");
  });

  it("wants ranges for more than 20 MB: 830002", async () => {
    const h = await startHarness();
    const id = await inbound(h, 25 * MB);

    const whole = await (await download(h, id)).json();
    const part = await download(h, id, { range: `bytes=${20 * MB}-${25 * MB}` });

    expect(whole).toMatchObject({ errcode: 830002 });
    expect(Buffer.from(await part.arrayBuffer())[0]).toBe((20 * MB) % 251);
    expect(part.headers.get("content-range")).toBe(`bytes ${20 * MB}-${25 * MB - 1}/${25 * MB}`);
  });

  it("forgets media after three days", async () => {
    const h = await startHarness();
    const { media_id } = await upload(h, "file", Buffer.from("0123456789"));
    await h.control("POST", "clock", { advanceMs: 72 * HOUR_MS });

    expect(await (await download(h, media_id)).json()).toMatchObject({ errcode: 40007 });
  });

  it("asks for a media_id", async () => {
    const h = await startHarness();

    expect(await (await download(h, "")).json()).toMatchObject({ errcode: 41006 });
  });
});

describe("media faults", () => {
  async function file(): Promise<{ h: Harness; id: string }> {
    const h = await startHarness();
    const { media_id: id } = await upload(h, "file", Buffer.alloc(1000, 7), "a.txt");
    return { h, id };
  }

  it("media.max-download-bytes: 830002 for less", async () => {
    const { h, id } = await file();
    await h.fault("media.max-download-bytes", { value: 100 });

    expect(await (await download(h, id)).json()).toMatchObject({ errcode: 830002 });
    expect((await download(h, id, { range: "bytes=0-99" })).status).toBe(206);
  });

  it("media.expired and media.error-as-text: 40007 as text", async () => {
    const { h, id } = await file();
    await h.fault("media.expired");
    await h.fault("media.error-as-text");

    const response = await download(h, id);

    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(JSON.parse(await response.text())).toMatchObject({ errcode: 40007 });
  });

  it("media.no-filename, media.filename and media.content-type change the headers", async () => {
    const { h, id } = await file();
    const disposition = async () => (await download(h, id)).headers.get("content-disposition");

    await h.fault("media.no-filename", { count: 1 });
    const none = await disposition();
    await h.fault("media.filename");
    const hostile = await disposition();
    await h.fault("media.content-type", { value: "image/png" });

    expect([none, hostile]).toEqual([null, 'attachment; filename="../../etc/passwd"']);
    expect((await download(h, id)).headers.get("content-type")).toBe("image/png");
  });

  it("media.ignore-range: everything comes", async () => {
    const { h, id } = await file();
    await h.fault("media.ignore-range", { target: id });

    expect((await download(h, id, { range: "bytes=0-9" })).status).toBe(200);
  });

  it("media.cut: the body breaks off", async () => {
    const { h, id } = await file();
    await h.fault("media.cut", { target: CORP_ID });

    await expect(download(h, id).then((response) => response.arrayBuffer())).rejects.toThrow();
  });

  it("media.slow and media.concurrency: a second download at the same time is refused", async () => {
    const { h, id } = await file();
    await h.fault("media.slow", { value: 200 });
    await h.fault("media.concurrency");

    const first = download(h, id).then((response) => response.arrayBuffer());
    await new Promise((resolve) => setTimeout(resolve, 60));
    const second = await (await download(h, id)).json();

    expect(second).toMatchObject({ errcode: 45033 });
    expect((await first).byteLength).toBe(1000);
  });
});
