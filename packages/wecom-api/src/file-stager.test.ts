import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, type OutboundMedia, RejectedError, TransientError } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { createFileStager, createMediaStager } from "./index.ts";

const REFUSED = new RejectedError("WeCom refused media/upload: /srv/files is odd (errcode 40009)", {
  code: "wecom.media-size",
  platformCode: 40009,
});
const QUIET: Logger = { child: () => QUIET, debug() {}, info() {}, warn() {}, error() {} };
const NOTICES = { notSent: "not sent: {reason}", notAvailable: "not available" };

/** What stands for a file, when opening or uploading it goes wrong. */
async function staged(media: OutboundMedia, failure: { readonly upload?: Error; readonly open?: Error }) {
  const stageMedia = createMediaStager({
    api: {
      async uploadMedia() {
        if (failure.upload) throw failure.upload;
        return { mediaId: "MID1", createdAtMs: 0 };
      },
    },
    media: {
      scratchDir: await mkdtemp(join(tmpdir(), "file-stager-test-")),
      async open() {
        if (failure.open) throw failure.open;
        const body = (async function* () {
          yield Buffer.from("the whole report");
        })();
        return { body, mime: "text/plain", filename: "report.txt" };
      },
    },
  });
  const stage = createFileStager({ stageMedia, notices: NOTICES, log: QUIET });
  return (await stage(media, "1000002", new AbortController().signal)).content;
}

describe("a file whose upload the platform refuses", () => {
  it("becomes the reason with its public address", async () => {
    const url = "https://files.test/report.txt";

    expect(await staged({ kind: "file", url }, { upload: REFUSED })).toMatchObject({
      kind: "text",
      text: `not sent: WeCom refused the file (errcode 40009)\n${url}`,
    });
  });

  it("becomes the reason alone when it is only on this machine", async () => {
    expect(await staged({ kind: "file", path: "/srv/files/report.txt" }, { upload: REFUSED })).toMatchObject({
      kind: "text",
      text: "not sent: WeCom refused the file (errcode 40009)",
    });
  });

  it("is uploaded later when the refusal passes", async () => {
    const busy = new TransientError("busy", { code: "wecom.busy" });

    await expect(staged({ kind: "file", url: "https://files.test/report.txt" }, { upload: busy })).rejects.toBe(busy);
  });
});

it("a file that a guard refuses is named to nobody", async () => {
  const open = new RejectedError("10.0.0.1 is a private address", { code: "http.blocked" });

  expect(await staged({ kind: "file", url: "http://10.0.0.1/secret" }, { open })).toMatchObject({
    text: "not available",
  });
});
