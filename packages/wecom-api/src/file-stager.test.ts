import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, type OutboundMedia, RejectedError, TransientError } from "@wxgate/core";
import { MediaError, tooLarge } from "@wxgate/media";
import { describe, expect, it } from "vitest";
import { createFileStager, createMediaStager, type FileStagerOptions } from "./index.ts";

const REFUSED = new RejectedError("WeCom refused media/upload: /srv/files is odd (errcode 40009)", {
  code: "wecom.media-size",
  platformCode: 40009,
});
const QUIET: Logger = { child: () => QUIET, debug() {}, info() {}, warn() {}, error() {} };
const NOTICES = { notSent: "not sent: {reason}", notAvailable: "not available" };

/** What stands for a file, when opening or uploading it goes wrong. */
async function staged(media: OutboundMedia, failure: Failure, notices: typeof NOTICES = NOTICES) {
  return (await stagedFile(media, failure, notices)).content;
}

interface Failure {
  readonly upload?: Error;
  readonly open?: Error;
}

async function stagedFile(media: OutboundMedia, failure: Failure, notices: FileStagerOptions["notices"]) {
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
  const stage = createFileStager({ stageMedia, notices, log: QUIET });
  return stage(media, "1000002", new AbortController().signal);
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

describe("a file that is larger than the gateway takes", () => {
  const MIB = 1024 * 1024;
  const cause = tooLarge(20 * MIB, 25 * MIB);
  const open = new RejectedError(cause.message, { code: cause.code, cause });

  it("is told with its name, its size and the limit", async () => {
    expect(await staged({ kind: "file", path: "/srv/files/film.mp4" }, { open })).toMatchObject({
      text: "not sent: film.mp4: it has 25 MB; the limit is 20 MB",
    });
    const chinese = { ...NOTICES, notSent: "（文件未能发送：{reason}）" };
    expect(await staged({ kind: "file", path: "/srv/files/film.mp4" }, { open }, chinese)).toMatchObject({
      text: "（文件未能发送：film.mp4：文件有 25 MB，上限为 20 MB）",
    });
  });

  it("is told with the limit and its address where the size and the name are not known", async () => {
    const url = "https://files.test/film";
    const unknown = tooLarge(20 * MIB);
    const opened = new RejectedError(unknown.message, { code: unknown.code, cause: unknown });

    expect(await staged({ kind: "video", url }, { open: opened })).toMatchObject({
      text: `not sent: it is larger than the limit of 20 MB\n${url}`,
    });
  });
});

it("a file outside the folders files may come from is named to nobody", async () => {
  const cause = new MediaError("this path is outside", { code: "media.path-refused" });
  const open = new RejectedError(cause.message, { code: cause.code, cause });

  expect(await staged({ kind: "file", path: "/etc/passwd" }, { open })).toMatchObject({ text: "not available" });
});

describe("why a file is not sent as it was meant", () => {
  const CHINESE = {
    notSent: "（文件未能发送：{reason}）",
    notAvailable: "（没有）",
    asFile: "（以文件形式发送：{reason}）",
  };
  const ENGLISH = { ...NOTICES, asFile: "(sent as a file: {reason})" };

  it("is said in the language of the sentence around it", async () => {
    const picture = { kind: "image", url: "https://files.test/report.txt" } as const;

    expect((await stagedFile(picture, {}, CHINESE)).note).toBe(
      "（以文件形式发送：图片须为 JPG 或 PNG 格式，此文件为 TXT）",
    );
    expect((await stagedFile(picture, {}, ENGLISH)).note).toBe(
      "(sent as a file: a picture must be JPG or PNG, this is TXT)",
    );
    expect(await staged({ kind: "file", path: "/srv/files/a.txt" }, { upload: REFUSED }, CHINESE)).toMatchObject({
      text: "（文件未能发送：企业微信拒绝了该文件（错误码 40009））",
    });
  });

  it("is left out where nothing is to be said", async () => {
    const picture = { kind: "image", url: "https://files.test/report.txt" } as const;

    expect((await stagedFile(picture, {}, { ...CHINESE, asFile: "" })).note).toBeUndefined();
    expect((await stagedFile(picture, {}, NOTICES)).note).toBeUndefined();
  });
});
