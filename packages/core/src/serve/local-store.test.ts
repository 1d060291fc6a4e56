import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonValue } from "../json.ts";
import type { InboundMessage } from "../message.ts";
import { openLocalStore } from "./local-store.ts";

const SET_LIMIT = "prlimit";

let file: string;
let folder: string;
beforeEach(() => {
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
  const clock = { now: () => Date.now(), sleep: async () => {} };
  const store = await openLocalStore(at, clock, (messages) => {
    handled.push(...messages.map(({ id }) => id));
  });
  return { ...store, handled };
}

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
});

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
