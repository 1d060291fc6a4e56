import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { RejectedError, TransientError } from "@wxgate/core";
import { createHttpClient, type HttpClient, HttpError } from "@wxgate/http-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLazyConverter } from "./converter.ts";
import { openKeyFile } from "./keys.ts";
import { createMediaFiles } from "./media.ts";
import { createMediaOpener } from "./media-opener.ts";
import { systemRandom } from "./random.ts";
import { createSealer } from "./sealer.ts";
import { createUrlSigner } from "./signed-url.ts";

const HOUR_MS = 3_600_000;

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "wxgate-ports-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe("sealed state", () => {
  it("opens again after a restart, with a key only its owner can read", () => {
    const file = join(folder(), "data", "wxgate.key");
    const sealed = createSealer(openKeyFile(file), systemRandom).seal("绝密 secret");

    const opened = createSealer(openKeyFile(file), systemRandom).open(sealed);

    expect(opened).toBe("绝密 secret");
    expect(sealed).not.toContain("secret");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("names its key, and says what to do when the key is another", () => {
    const dir = folder();
    const keys = openKeyFile(join(dir, "one.key"));
    const sealed = createSealer(keys, systemRandom).seal("secret");

    const open = () => createSealer(openKeyFile(join(dir, "two.key")), systemRandom).open(sealed);

    expect(sealed.startsWith(`${keys.id}.`)).toBe(true);
    expect(open).toThrow(/restore its key file, or log in again/);
  });

  it("does not open what was changed", () => {
    const sealer = createSealer(openKeyFile(join(folder(), "key")), systemRandom);
    const sealed = sealer.seal("secret");
    const changed = sealed.slice(0, -2) + (sealed.endsWith("AA") ? "BB" : "AA");

    expect(() => sealer.open(changed)).toThrow();
  });

  it("says which folder it cannot keep a key in, and what to do", () => {
    const occupied = join(folder(), "data");
    writeFileSync(occupied, "a file where the folder should be");

    expect(() => openKeyFile(join(occupied, "wxgate.key"))).toThrow(
      `the data folder ${occupied} cannot be used (ENOTDIR): change its owner, or set store to a file in another folder`,
    );
  });

  it("refuses a key file that was damaged, and leaves it", () => {
    const file = join(folder(), "key");
    writeFileSync(file, "oops");

    expect(() => openKeyFile(file)).toThrow(/restore it from a backup/);
    expect(readFileSync(file, "utf8")).toBe("oops");
  });
});

describe("a signed address", () => {
  const ID = "a".repeat(64);
  const signer = (now: number) =>
    createUrlSigner(
      Buffer.alloc(32, 1),
      () => now,
      () => "http://127.0.0.1:8788",
    );

  it("leads to the file it was made for, with its name and type", () => {
    const url = signer(0).sign({ id: ID, mime: "image/png", filename: "图 1.png" }, HOUR_MS);

    expect(signer(HOUR_MS - 1).verifyUrl(url)).toEqual({ id: ID, mime: "image/png", filename: "图 1.png" });
  });

  it("ends in time", () => {
    const url = signer(0).sign({ id: ID, mime: "image/png" }, HOUR_MS);

    expect(signer(HOUR_MS).verifyUrl(url)).toBeUndefined();
  });

  it.each([
    ["another file", (url: string) => url.replace(ID, "b".repeat(64))],
    ["a later end", (url: string) => url.replace(/until=\d+/, "until=99999999999999")],
    ["another type", (url: string) => url.replace("image%2Fpng", "text%2Fhtml")],
    ["no signature", (url: string) => url.replace(/&sig=.*/, "")],
    ["another host", (url: string) => url.replace("127.0.0.1", "evil.example")],
  ])("is worth nothing with %s", (_what, bend) => {
    const url = signer(0).sign({ id: ID, mime: "image/png" }, HOUR_MS);

    expect(signer(1).verifyUrl(bend(url))).toBeUndefined();
  });
});

describe("opening what an agent names", () => {
  const signal = new AbortController().signal;

  interface Outside {
    readonly clock?: { now(): number };
    readonly resolve?: Parameters<typeof createHttpClient>[0];
    /** What the network gives. */
    readonly download?: HttpClient["download"];
  }

  async function opener(localRoots: readonly string[] = [], outside: Outside = {}) {
    const { clock = { now: () => Date.now() }, resolve } = outside;
    const http = createHttpClient({ network: { retries: 0, timeoutMs: 1000 }, ...resolve });
    onTestFinished(() => http.close());
    const dir = folder();
    const signer = createUrlSigner(Buffer.alloc(32, 1), clock.now, () => "http://127.0.0.1:8788");
    const files = createMediaFiles({ dir, maxBytes: 1000, retentionHours: 1 }, signer, clock);
    const scratchDir = join(dir, "tmp");
    const converter = createLazyConverter(scratchDir, process.env.PATH);
    const media = createMediaOpener({
      http: outside.download === undefined ? http : { download: outside.download },
      files,
      localRoots,
      maxBytes: 1000,
      converter,
      scratchDir,
      clock,
    });
    return { files, media };
  }
  const textOf = async (body: AsyncIterable<Uint8Array>) => {
    let text = "";
    for await (const chunk of body) text += Buffer.from(chunk).toString();
    return text;
  };

  const tooLarge = (bytes: number) => new HttpError("too large", { code: "http.too-large", sent: "unknown", bytes });
  async function* failingWith(error: Error): AsyncGenerator<Uint8Array> {
    yield Buffer.from("begun");
    throw error;
  }

  it("takes a kept file by its signed address, although that is on loopback", async () => {
    const { files, media } = await opener();
    const stored = await files.keepFile(
      { body: Readable.from([Buffer.from("hello")]), mime: "text/plain", filename: "a.txt" },
      signal,
    );

    const opened = await media.open({ url: stored.url }, signal);

    expect([opened.filename, await textOf(opened.body)]).toEqual(["a.txt", "hello"]);
  });

  it("takes a local file below a root", async () => {
    const root = folder();
    writeFileSync(join(root, "note.txt"), "note");
    const { media } = await opener([root]);

    const opened = await media.open({ path: join(root, "note.txt") }, signal);

    expect([opened.mime, opened.bytes, await textOf(opened.body)]).toEqual(["text/plain", 4, "note"]);
  });

  it.each([
    ["a loopback address", { url: "http://127.0.0.1:1/x" }],
    ["the cloud's metadata address", { url: "http://169.254.169.254/latest" }],
    ["a file outside the roots", { path: "/etc/passwd" }],
    ["a file address", { url: "file:///etc/passwd" }],
    ["nothing at all", {}],
  ])("refuses %s for good", async (_what, source) => {
    const { media } = await opener([folder()]);

    await expect(media.open(source, signal)).rejects.toBeInstanceOf(RejectedError);
  });

  it("says the size and the limit of what is too large, on disk, announced, or found on the way", async () => {
    const root = folder();
    writeFileSync(join(root, "film.mp4"), Buffer.alloc(2048));
    const late = new HttpError("too large", { code: "http.too-large", sent: "unknown" });
    const { media } = await opener([root]);
    const announced = await opener([], { download: async () => Promise.reject(tooLarge(2048)) });
    const found = await opener([], {
      download: async () => ({ body: ReadableStream.from(failingWith(late)), mime: "video/mp4", url: "" }),
    });
    const url = "https://files.test/film.mp4";

    const sized = { name: "RejectedError", code: "media.too-large", message: "it has 2 KB; the limit is 1000 bytes" };
    await expect(media.open({ path: join(root, "film.mp4") }, signal)).rejects.toMatchObject(sized);
    await expect(announced.media.open({ url }, signal)).rejects.toMatchObject(sized);
    await expect(found.media.open({ url }, signal).then(({ body }) => textOf(body))).rejects.toMatchObject({
      name: "RejectedError",
      code: "media.too-large",
      message: "it is larger than the limit of 1000 bytes",
    });
  });

  it("tries again what breaks off on the way", async () => {
    const lost = new HttpError("lost", { code: "http.connection-lost", sent: "unknown" });
    const { media } = await opener([], {
      download: async () => ({ body: ReadableStream.from(failingWith(lost)), mime: "video/mp4", url: "" }),
    });

    const { body } = await media.open({ url: "https://files.test/film.mp4" }, signal);

    await expect(textOf(body)).rejects.toBeInstanceOf(TransientError);
  });

  it("gives up a host that is not found, after some tries within minutes, and tries it anew much later", async () => {
    let now = 0;
    const resolve = async () => {
      throw Object.assign(new Error("getaddrinfo ENOTFOUND files.test"), { code: "ENOTFOUND" });
    };
    const { media } = await opener([], { clock: { now: () => now }, resolve: { resolve } });
    const failure = async (atMs: number) => {
      now = atMs;
      return media.open({ url: "https://files.test/a.png" }, signal).catch((error: unknown) => error);
    };

    expect(await failure(0)).toBeInstanceOf(TransientError);
    expect(await failure(1_000)).toBeInstanceOf(TransientError);
    expect(await failure(60_000)).toBeInstanceOf(TransientError);
    expect(await failure(130_000)).toMatchObject({ name: "RejectedError", code: "http.dns" });
    expect(await failure(5 * HOUR_MS)).toBeInstanceOf(TransientError);
  });
});
