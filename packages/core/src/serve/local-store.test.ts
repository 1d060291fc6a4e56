import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Piece } from "../channel.ts";
import type { JsonValue } from "../json.ts";
import type { InboundMessage } from "../message.ts";
import type { Logger } from "../ports.ts";
import { openLocalStore } from "./local-store.ts";

const SET_LIMIT = "prlimit";
const WEEK_MS = 7 * 24 * 3_600_000;

let now: number;
let file: string;
let folder: string;
beforeEach(() => {
  now = Date.parse("2026-11-20T10:00:00Z");
  folder = mkdtempSync(join(tmpdir(), "wxgate-store-"));
  file = join(folder, "kf.jsonl");
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function message(id: string, text = "hi"): InboundMessage {
  return {
    id,
    from: { channel: "channel", account: "wk1", kind: "direct", peer: "wm1" },
    sender: { id: "wm1" },
    sentAt: new Date("2026-11-20T10:00:00Z"),
    content: [{ kind: "text", text }],
  };
}

/** JSON has no such numbers: writing it fails. */
const unwritable = { ...message("1"), replyHandle: { n: 1n as unknown as JsonValue } };

async function open(at: string | undefined = file) {
  const handled: string[] = [];
  const warnings: string[] = [];
  const log: Logger = {
    child: () => log,
    debug() {},
    info() {},
    warn: (_fields, words) => warnings.push(words),
    error() {},
  };
  const store = await openLocalStore({
    file: at,
    clock: { now: () => now, sleep: async () => {} },
    log,
    onAccepted(messages) {
      handled.push(...messages.map(({ id }) => id));
    },
  });
  return { ...store, handled, warnings };
}

type Store = Awaited<ReturnType<typeof open>>;

/** Ids that were never seen, in one write. */
function history({ inbox }: Store, name: string, count: number) {
  return inbox.accept({ messages: [], history: Array.from({ length: count }, (_, n) => message(`${name}-${n}`)) });
}

const linesOf = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n").length;

describe.each([
  ["in memory", () => undefined],
  ["in a file", () => file],
])("a channel's store %s", (_where, place) => {
  it("gives a message to the handler once when the platform's repeat comes at the same time", async () => {
    const store = await open(place());

    const results = await Promise.all([1, 2, 3].map(() => store.inbox.accept({ messages: [message("1")] })));
    await store.close();

    expect(store.handled).toEqual(["1"]);
    expect(results.map(({ accepted }) => accepted)).toEqual([1, 0, 0]);
    expect(results.map(({ duplicates }) => duplicates)).toEqual([0, 1, 1]);
  });

  it("lets one of two win who set the same key at the same time", async () => {
    const { state, close } = await open(place());

    const won = await Promise.all(["a", "b"].map((value) => state.compareAndSet("key", undefined, value)));

    expect(won).toEqual([true, false]);
    expect(await state.get("key")).toBe("a");
    await close();
  });

  it("moves the cursor for one of two who move it from the same place at the same time", async () => {
    const { inbox, close } = await open(place());
    const move = (value: string) => inbox.accept({ messages: [], cursor: { key: "c", value, after: "" } });

    await Promise.all([move("1"), move("0")]);

    expect(await inbox.cursor("c")).toBe("1");
    await close();
  });

  it("forgets ids after a week without a restart, but no message that is still being handled", async () => {
    const store = await open(place());
    await store.inbox.accept({ messages: [message("slow")] });
    await history(store, "old", 500);
    now += WEEK_MS + 1;
    await history(store, "new", 500);

    const ids = ["slow", "old-0", "new-0"];
    const { fresh } = await store.inbox.accept({ messages: [], history: ids.map((id) => message(id)) });
    await store.close();

    expect([...fresh]).toEqual(["old-0"]);
    expect(store.unanswered().map(({ id }) => id)).toEqual(["slow"]);
  });
});

describe("a channel's file in a process that runs for long", () => {
  it("holds what is needed, however often it changes", async () => {
    const store = await open();
    await store.state.set("used-handle", "wm1", { ttlMs: 1_000 });
    await store.state.set("token", "t-1");
    now += 1_000;
    await Promise.all(Array.from({ length: 1_100 }, (_, n) => store.setWaiting("conversation", piecesOf(`${n}`))));

    await store.close();

    expect(linesOf(file)).toBeLessThan(200);
    expect(readFileSync(file, "utf8")).not.toContain("used-handle");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const reopened = await open();
    expect(await reopened.state.get("token")).toBe("t-1");
    expect(reopened.waiting("conversation")).toEqual(piecesOf("1099"));
    await reopened.close();
  });

  it("holds everything that was accepted, at whatever moment the process dies", async () => {
    const store = await open();
    const accepted: string[] = [];
    let isRunning = true;
    const work = Promise.all(
      Array.from({ length: 1_100 }, async (_, n) => {
        await store.inbox.accept({ messages: [message(`${n}`)] });
        accepted.push(`${n}`);
      }),
    ).finally(() => {
      isRunning = false;
    });
    const missing: string[] = [];
    for (let turn = 0; isRunning; turn += 1) {
      const before = [...accepted];
      const copy = join(folder, `died-${turn}.jsonl`);
      copyFileSync(file, copy);
      const kept = new Set((await openedAfterCrash(copy)).map(({ id }) => id));
      missing.push(...before.filter((id) => !kept.has(id)));
    }
    await work;
    await store.close();

    expect(missing).toEqual([]);
  });

  it("is not touched any more when its owner closes it in the moment in which it would be written anew", async () => {
    const store = await open();
    await history(store, "a", 999);
    await Promise.all([store.state.set("token", "t-1"), store.close()]);

    const reopened = await open();
    expect(existsSync(`${file}.new`)).toBe(false);
    expect(await reopened.state.get("token")).toBe("t-1");
    await reopened.close();
  });

  it("goes on in the old file, and says so, when it cannot write a new one", async () => {
    const store = await open();
    mkdirSync(`${file}.new`);
    await history(store, "a", 1_000);
    await history(store, "b", 10);
    await store.close();
    rmdirSync(`${file}.new`);

    const reopened = await open();
    const again = await Promise.all([history(reopened, "a", 1_000), history(reopened, "b", 10)]);
    await reopened.close();

    expect(store.warnings).toEqual(["the file could not be written anew; it grows until that succeeds"]);
    expect(again.map(({ accepted }) => accepted)).toEqual([0, 0]);
  });
});

function piecesOf(text: string): readonly Piece[] {
  return [{ content: [{ kind: "text", text }] }];
}

async function openedAfterCrash(path: string): Promise<readonly InboundMessage[]> {
  const store = await open(path);
  await store.close();
  return store.unanswered();
}

describe("a channel's store whose disk refuses", () => {
  it("accepts the platform's repeat of a message that could not be written, also one that waited behind it", async () => {
    const store = await open();

    const [first, repeat] = await Promise.allSettled([
      store.inbox.accept({ messages: [unwritable] }),
      store.inbox.accept({ messages: [message("1")] }),
    ]);
    await store.close();

    expect(first.status).toBe("rejected");
    expect(repeat).toMatchObject({ status: "fulfilled", value: { accepted: 1 } });
    expect(store.handled).toEqual(["1"]);
  });

  it.skipIf(!canLimitFiles())("keeps the file whole when a message got only half onto the disk", async () => {
    const store = await open();
    await store.inbox.accept({ messages: [message("1")] });
    limitFiles(String(statSync(file).size + 20));
    const half = await store.inbox.accept({ messages: [message("2")] }).then(
      () => "accepted",
      (error: NodeJS.ErrnoException) => error.code,
    );
    const sizeWithHalf = readFileSync(file, "utf8").split("\n").at(-1)?.length;
    limitFiles("unlimited");

    const repeat = await store.inbox.accept({ messages: [message("2"), message("3")] });
    await store.close();
    const reopened = await open();
    await reopened.close();

    expect([half, sizeWithHalf, repeat.accepted]).toEqual(["EFBIG", 20, 2]);
    expect(reopened.unanswered().map(({ id }) => id)).toEqual(["1", "2", "3"]);
  });
});

function canLimitFiles(): boolean {
  try {
    limitFiles("unlimited");
    return true;
  } catch {
    return false;
  }
}

/** How long a file of this process may grow: a full disk, as near as a test comes to it. */
function limitFiles(bytes: string): void {
  execFileSync(SET_LIMIT, ["--pid", String(process.pid), `--fsize=${bytes}:`], { stdio: "ignore" });
}
