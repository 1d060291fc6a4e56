import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RejectedError, TransientError } from "@wxgate/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { fakePlatform, fixedRandom, manualClock } from "./fixtures/fake-platform.ts";
import { createWecomApi, type FileUpload, filenameFromDisposition, safeFilename } from "./index.ts";

function setUp(platform = fakePlatform(), apiBaseUrl?: string) {
  const clock = manualClock();
  const api = createWecomApi({
    corpId: "ww1",
    secret: "CANARY-SECRET",
    fetch: platform.fetch,
    clock,
    random: fixedRandom,
    apiBaseUrl,
  });
  return { api, clock, platform };
}
async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const file = (overrides: Partial<FileUpload> = {}): FileUpload => ({
  filename: "报告 1.txt",
  mime: "text/plain",
  bytes: 11,
  open: () => pieces("hello ", "world"),
  ...overrides,
});
const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable("nothing was refused"),
    (error: unknown) => error,
  );
async function readAll(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("an upload", () => {
  it.each([
    ["image", "image/jpeg", "image/jpg"],
    ["image", "image/png", "image/png"],
    ["voice", "audio/amr", "voice/amr"],
    ["video", "video/mp4", "video/mp4"],
  ] as const)("of %s names its type %s as the platform does: %s", async (kind, mime, named) => {
    let body = "";
    const platform = fakePlatform(async ({ request }) => {
      body = await request.text();
      return { errcode: 0, media_id: "M1", created_at: "1767225600" };
    });
    const { api } = setUp(platform);

    await api.uploadMedia(kind, file({ mime }));

    expect(body).toContain(`Content-Type: ${named}\r\n`);
  });

  it("is one form part with the file, and its raw UTF-8 name", async () => {
    const bodies: string[] = [];
    const platform = fakePlatform(async ({ request }) => {
      bodies.push(await request.text());
      return { errcode: 0, type: "file", media_id: "M1", created_at: "1767225600" };
    });
    const { api } = setUp(platform);

    const uploaded = await api.uploadMedia("file", file());

    expect(uploaded).toEqual({ mediaId: "M1", createdAtMs: 1_767_225_600_000 });
    const boundary = `wxgate-${"07".repeat(16)}`;
    expect(bodies).toEqual([
      `--${boundary}\r\nContent-Disposition: form-data; name="media"; filename="报告 1.txt"\r\n` +
        `Content-Type: text/plain\r\n\r\nhello world\r\n--${boundary}--\r\n`,
    ]);
    const [call] = platform.calls("media/upload");
    expect(call?.query.get("type")).toBe("file");
    expect(call?.request.headers.get("content-length")).toBe(String(Buffer.byteLength(bodies[0] as string)));
  });

  it("arrives at a real server with its length, or in chunks where none is known", async () => {
    const seen: { length?: string; body: string }[] = [];
    const server = createServer(async (request, response) => {
      const body = (await readAll(request)).toString();
      if (request.method === "POST") seen.push({ length: request.headers["content-length"], body });
      response.end(JSON.stringify({ access_token: "T", expires_in: 7200, media_id: "M" }));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    const apiBaseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { api } = setUp({ ...fakePlatform(), fetch: (input, init) => fetch(input, init) }, apiBaseUrl);

    await api.uploadMedia("file", file());
    await api.uploadMedia("file", file({ bytes: undefined }));

    expect(seen[0]?.length).toBe(String(Buffer.byteLength(seen[0]?.body ?? "")));
    expect(seen[1]?.length).toBeUndefined();
    expect(seen.every(({ body }) => body.includes("\r\n\r\nhello world\r\n"))).toBe(true);
  });

  it("cannot be broken by its file name", async () => {
    const form: FormData[] = [];
    const platform = fakePlatform(async ({ request }) => {
      form.push((await request.formData()) as FormData);
      return { media_id: "M1" };
    });

    await setUp(platform).api.uploadMedia("file", file({ filename: 'a"\r\nX-Evil: 1\r\n\r\n.txt' }));

    const media = form[0]?.get("media") as File;
    expect([media.name, await media.text()]).toEqual(["a' X-Evil: 1 .txt", "hello world"]);
  });

  it("opens the file again when the token was refused", async () => {
    let opened = 0;
    const open = () => {
      opened += 1;
      return pieces("hello world");
    };
    const platform = fakePlatform(async ({ request, query }) => {
      await request.text();
      return query.get("access_token") === "CANARY-TOKEN-1"
        ? { errcode: 42001, errmsg: "expired" }
        : { media_id: "M2" };
    });

    const uploaded = await setUp(platform).api.uploadMedia("file", file({ open }));

    expect([uploaded.mediaId, opened]).toEqual(["M2", 2]);
  });

  it("reads the file only as fast as it is sent", async () => {
    let produced = 0;
    async function* big(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 1000; i++) {
        produced += 65_536;
        yield new Uint8Array(65_536);
      }
    }
    let most = 0;
    const platform = fakePlatform(async ({ request }) => {
      let consumed = 0;
      for await (const chunk of request.body ?? []) {
        consumed += (chunk as Uint8Array).length;
        most = Math.max(most, produced - consumed);
      }
      return { media_id: "M" };
    });

    await setUp(platform).api.uploadMedia("file", file({ bytes: 65_536_000, open: big }));

    expect(most).toBeLessThan(1_000_000);
  });

  it("fails with the file's own error when the file cannot be read", async () => {
    const own = new RejectedError("the file is gone", { code: "media.missing" });
    async function* broken(): AsyncGenerator<Uint8Array> {
      throw own;
    }
    const platform = fakePlatform(async ({ request }) => request.text().then(() => ({ media_id: "M" })));

    expect(await failure(setUp(platform).api.uploadMedia("file", file({ open: broken })))).toBe(own);
  });

  it.each([10, 12])("notices that the file has changed: %i bytes announced", async (bytes) => {
    const platform = fakePlatform(async ({ request }) => request.text().then(() => ({ media_id: "M" })));

    const error = await failure(setUp(platform).api.uploadMedia("file", file({ bytes })));

    expect(error).toMatchObject({ name: "TransientError" });
  });

  it("without a media id in the answer is a bug to report", async () => {
    const { api } = setUp(fakePlatform(() => ({ errcode: 0 })));

    expect(await failure(api.uploadMedia("file", file()))).toMatchObject({ name: "ProtocolError" });
  });

  it("goes to other form APIs too", async () => {
    const { api, platform } = setUp(fakePlatform(() => ({ errcode: 0, url: "https://img" })));

    expect(await api.upload<{ url: string }>("media/uploadimg", {}, file())).toMatchObject({ url: "https://img" });
    expect(platform.calls("media/uploadimg")).toHaveLength(1);
  });
});

describe("a download", () => {
  const attachment = { "content-disposition": 'attachment; filename="a.jpg"', "content-type": "image/jpeg" };
  const download = async (answer: () => Response, maxBytes = 1000) =>
    setUp(fakePlatform(answer)).api.downloadMedia("ID", { maxBytes });

  it("is the file with its type, name and length", async () => {
    const media = await download(() => new Response("jpeg", { headers: { ...attachment, "content-length": "4" } }));

    expect(media).toMatchObject({ mime: "image/jpeg", filename: "a.jpg", bytes: 4 });
    expect((await readAll(media.body)).toString()).toBe("jpeg");
  });

  it.each(["application/json", "text/plain"])("is an error when the answer is one, sent as %s", async (type) => {
    const answer = () =>
      new Response('{"errcode":40007,"errmsg":"invalid media_id"}', { headers: { "content-type": type } });

    expect(await failure(download(answer))).toMatchObject({ name: "RejectedError", code: "wecom.media-expired" });
  });

  it("renews a token that was refused", async () => {
    const platform = fakePlatform(({ query }) =>
      query.get("access_token") === "CANARY-TOKEN-1" ? { errcode: 40014 } : new Response("ok", { headers: attachment }),
    );

    const media = await setUp(platform).api.downloadMedia("ID", { maxBytes: 100 });

    expect((await readAll(media.body)).toString()).toBe("ok");
  });

  it("may be a person's own JSON file, even one that looks like an error", async () => {
    const text = '{"errcode":40007}';

    const named = await download(() => new Response(text, { headers: attachment }));
    const unnamed = await download(() => new Response('{"a":1}'));

    expect((await readAll(named.body)).toString()).toBe(text);
    expect((await readAll(unnamed.body)).toString()).toBe('{"a":1}');
  });

  it("without a disposition is still the whole file", async () => {
    const text = `{${"x".repeat(50_000)}`;

    expect((await readAll((await download(() => new Response(text), 100_000)).body)).toString()).toBe(text);
  });

  it("is refused before reading when it announces too much", async () => {
    let cancelled = false;
    const body = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    const answer = () => new Response(body, { headers: { ...attachment, "content-length": "1001" } });

    expect(await failure(download(answer))).toMatchObject({ code: "wecom.media-too-large" });
    expect(cancelled).toBe(true);
  });

  it("is cut off when it turns out to be too much", async () => {
    const media = await download(() => new Response("x".repeat(1001), { headers: attachment }));

    expect(await failure(readAll(media.body))).toBeInstanceOf(RejectedError);
  });

  it("that breaks off is tried again later", async () => {
    const media = await download(() => new Response("abc", { headers: { ...attachment, "content-length": "5" } }));

    expect(await failure(readAll(media.body))).toBeInstanceOf(TransientError);
  });

  it.each([
    ["before the first piece", 0],
    ["after some pieces", 1],
  ])("lets go of the connection when the reader stops %s", async (_name, steps) => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(10));
      },
      cancel() {
        cancelled = true;
      },
    });
    const media = await download(() => new Response(body, { headers: attachment }));
    const iterator = media.body[Symbol.asyncIterator]();

    for (let i = 0; i < steps; i++) await iterator.next();
    await iterator.return?.();

    expect(cancelled).toBe(true);
  });

  it("of a large file is made in ranges of 20 MB", async () => {
    const whole = Buffer.alloc(45 * 1024 * 1024, "wecom");
    const ranges: (string | null)[] = [];
    const platform = fakePlatform(({ request }) => {
      const range = request.headers.get("range");
      ranges.push(range);
      if (!range) return { errcode: 830002, errmsg: "too large" };
      const [from, to] = (/(\d+)-(\d+)/.exec(range) as RegExpExecArray).slice(1).map(Number) as [number, number];
      const part = whole.subarray(from, to + 1);
      const contentRange = `bytes ${from}-${from + part.length - 1}/${whole.length}`;
      return new Response(new Uint8Array(part), {
        status: 206,
        headers: { ...attachment, "content-range": contentRange },
      });
    });

    const media = await setUp(platform).api.downloadMedia("ID", { maxBytes: 50 * 1024 * 1024 });

    expect(media.bytes).toBe(whole.length);
    expect((await readAll(media.body)).equals(whole)).toBe(true);
    expect(ranges).toEqual([null, "bytes=0-20971519", "bytes=20971520-41943039", "bytes=41943040-62914559"]);
  });

  it("is not put together from answers that ignore the range", async () => {
    let calls = 0;
    const platform = fakePlatform(() => {
      calls += 1;
      if (calls === 1) return { errcode: 830002 };
      const headers = { ...attachment, ...(calls === 2 && { "content-range": "bytes 0-2/6" }) };
      return new Response("abc", { status: calls === 2 ? 206 : 200, headers });
    });
    const media = await setUp(platform).api.downloadMedia("ID", { maxBytes: 100 });

    expect(await failure(readAll(media.body))).toBeInstanceOf(TransientError);
  });
});

describe("the name of a downloaded file", () => {
  const utf8 = Buffer.from("报告.pdf").toString("latin1");
  it.each([
    ['attachment; filename="a.jpg"', "a.jpg"],
    ["attachment; filename=a.jpg; x=1", "a.jpg"],
    [`attachment; filename="${utf8}"`, "报告.pdf"],
    ["attachment; filename=\"x.jpg\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf", "报告.pdf"],
    ["attachment; filename*=utf-8'zh'%E6%8A%A5.txt; filename=\"x\"", "报.txt"],
    ["attachment; filename=\"x.jpg\"; filename*=UTF-8''%ZZ", "x.jpg"],
    ['attachment; filename="%E6%8A%A5.txt"', "报.txt"],
    ['attachment; filename="100%.txt"', "100%.txt"],
    ['attachment; filename="a\\"b.txt"', "ab.txt"],
    ['attachment; filename="../../etc/passwd"', "passwd"],
    ['attachment; filename="C:\\\\Windows\\\\x.exe"', "x.exe"],
    ["attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"],
    ['attachment; filename="..."', undefined],
    ["attachment", undefined],
    [null, undefined],
  ])("is made safe: %j", (header, expected) => {
    expect(filenameFromDisposition(header)).toBe(expected);
  });

  it("has no control or direction characters and is not hidden", () => {
    expect(safeFilename(".\u202etxt\u0000.exe\n")).toBe("txt.exe");
  });

  it("is shortened, and keeps its extension and whole characters", () => {
    expect(safeFilename(`${"😀".repeat(200)}.docx`)).toBe(`${"😀".repeat(115)}.docx`);
  });
});
