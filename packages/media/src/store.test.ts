import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMediaStore, type MediaError } from "./index.ts";

const HOUR_MS = 3_600_000;
let dir: string;
let now: number;

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "wxgate-store-")), "media");
  now = Date.now();
});
afterEach(() => rm(join(dir, ".."), { recursive: true }));

function store(maxBytes = 1024) {
  return createMediaStore({ dir, maxBytes, retentionHours: 72, clock: { now: () => now } });
}

async function* stream(...pieces: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

async function content(media: ReturnType<typeof store>, id: string): Promise<string | undefined> {
  const file = await media.open(id);
  return file && text(file.body);
}

describe("media store", () => {
  it("takes no empty file for one, and leaves nothing behind", async () => {
    await expect(store().put(stream())).rejects.toMatchObject({ code: "media.empty", message: "the file is empty" });

    expect(await filesIn(dir)).toEqual([]);
  });

  it("keeps a file under the hash of its bytes, for nobody else to read", async () => {
    const media = store();

    const file = await media.put(stream("hel", "lo"), { filename: "a.txt" });

    const sha256 = createHash("sha256").update("hello").digest("hex");
    expect(file).toEqual({ id: sha256, sha256, bytes: 5, mime: "text/plain", ext: "txt", kind: "file" });
    expect(media.path(file.id)).toBe(join(dir, sha256.slice(0, 2), sha256.slice(2, 4), sha256));
    expect((await stat(media.path(file.id))).mode & 0o777).toBe(0o600);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect(await content(media, file.id)).toBe("hello");
  });

  describe("of large chunks", () => {
    const COUNT = 40;
    const large = () => Array.from({ length: COUNT }, (_, index) => new Uint8Array(65_536).fill(index));
    async function* of(chunks: readonly Uint8Array[]) {
      yield* chunks;
    }

    it.each([true, false, undefined])("keeps all of them, given away or not (%s)", async (givesChunks) => {
      const media = store(COUNT * 65_536);
      const chunks = large();

      const files = await Promise.all([
        media.put(of(chunks), { givesChunks }),
        media.put(of(large()), { givesChunks: true }),
      ]);

      const sha256 = createHash("sha256")
        .update(await readFile(media.path(files[0].id)))
        .digest("hex");
      expect(sha256).toBe(createHash("sha256").update(Buffer.concat(large())).digest("hex"));
      expect(files.map(({ id }) => id)).toEqual([sha256, sha256]);
      expect(chunks.every(({ byteLength }) => byteLength === (givesChunks ? 0 : 65_536))).toBe(true);
    });

    it("leaves nothing behind when the source fails while they are being written", async () => {
      async function* breaking() {
        yield* large();
        throw new Error("the connection is lost");
      }

      await expect(store(COUNT * 65_536).put(breaking(), { givesChunks: true })).rejects.toThrow(
        "the connection is lost",
      );

      expect(await filesIn(dir)).toEqual([]);
    });
  });

  it("opens a range", async () => {
    const media = store();
    const { id } = await media.put(stream("0123456789"));

    const part = await media.open(id, { start: 2, end: 4 });

    expect(part?.bytes).toBe(10);
    expect(await text(part!.body)).toBe("234");
  });

  it("keeps the same bytes once, however many put them at the same time and from several gateways", async () => {
    const stores = [store(), store(), store()];

    const files = await Promise.all(
      stores.flatMap((media) => [media.put(stream("same")), media.put(stream("sa", "me"))]),
    );

    expect(new Set(files.map((file) => file.id)).size).toBe(1);
    expect(await filesIn(dir)).toHaveLength(1);
  });

  it("stops at the limit, names it and leaves nothing behind", async () => {
    let pulled = 0;
    async function* endless() {
      for (;;) {
        pulled++;
        yield Buffer.alloc(512);
      }
    }

    const error: MediaError = await store(1024)
      .put(endless())
      .then(
        () => expect.fail("accepted"),
        (thrown) => thrown,
      );

    expect(error).toMatchObject({ code: "media.too-large", message: expect.stringContaining("1 KB") });
    expect(pulled).toBeLessThan(10);
    expect(await filesIn(dir)).toEqual([]);
  });

  it("passes on what the source throws and leaves nothing behind", async () => {
    async function* broken() {
      yield Buffer.from("half");
      throw new Error("connection lost");
    }

    await expect(store().put(broken())).rejects.toThrow("connection lost");
    expect(await filesIn(dir)).toEqual([]);
  });

  it("lets itself be aborted while the source is silent", async () => {
    async function* silent() {
      yield Buffer.from("half");
      await new Promise(() => undefined);
    }
    const abort = new AbortController();

    const put = store().put(silent(), { signal: abort.signal });
    setTimeout(() => abort.abort(new Error("enough")), 30);

    await expect(put).rejects.toThrow("enough");
    expect(await filesIn(dir)).toEqual([]);
  });

  it("knows nothing of a file that is not there, and refuses what is no id", async () => {
    const media = store();

    expect(await media.open("0".repeat(64))).toBeUndefined();
    expect(() => media.path("../../etc/passwd")).toThrow("not the id");
    await expect(media.open("../tmp/x")).rejects.toThrow("not the id");
  });

  it("removes a file when its time is up, and not before", async () => {
    const media = store();
    const { id } = await media.put(stream("old"));

    now += 71 * HOUR_MS;
    expect(await media.removeExpired()).toBe(0);
    now += 2 * HOUR_MS;
    expect(await media.removeExpired()).toBe(1);

    expect(await media.open(id)).toBeUndefined();
    expect(await filesIn(dir)).toEqual([]);
  });

  it("counts the time from the last put", async () => {
    const media = store();
    const { id } = await media.put(stream("again"));

    now += 71 * HOUR_MS;
    await media.put(stream("again"));
    now += 71 * HOUR_MS;

    expect(await media.removeExpired()).toBe(0);
    expect(await content(media, id)).toBe("again");
  });

  it("keeps what somebody still needs", async () => {
    const media = store();
    const { id } = await media.put(stream("needed"));
    await media.put(stream("not needed"));
    now += 100 * HOUR_MS;

    expect(await media.removeExpired((candidate) => candidate === id)).toBe(1);
    expect(await content(media, id)).toBe("needed");
  });

  it("never loses a file that is put anew while its old copy expires", async () => {
    const media = store();
    for (let round = 0; round < 20; round++) {
      await media.put(stream("contested"));
      now += 100 * HOUR_MS;
      const [, file] = await Promise.all([store().removeExpired(), media.put(stream("contested"))]);

      expect(await content(media, file.id)).toBe("contested");
    }
  });

  it("lets an open file be read to its end though it is removed", async () => {
    const media = store();
    const { id } = await media.put(stream("still read"));
    const file = await media.open(id);
    now += 100 * HOUR_MS;

    await media.removeExpired();

    expect(await text(file!.body)).toBe("still read");
  });

  it("removes at start what dead writers left, and not what others write now", async () => {
    await mkdir(join(dir, "tmp"), { recursive: true });
    await writeFile(join(dir, "tmp", "dead"), "x");
    await writeFile(join(dir, "tmp", "running"), "x");
    const longAgo = Date.now() / 1000 - 2 * 3600;
    await utimes(join(dir, "tmp", "dead"), longAgo, longAgo);

    expect(await store().removeLeftovers()).toBe(1);
    expect(await filesIn(dir)).toEqual(["running"]);
  });

  it("starts on an empty folder", async () => {
    expect(await store().removeLeftovers()).toBe(0);
    expect(await store().removeExpired()).toBe(0);
  });
});
