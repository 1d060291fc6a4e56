import { describe, expect, it } from "vitest";
import { createMediaLines } from "./media-lines.ts";

function read(text: string, pieceLength: number) {
  const lines = createMediaLines();
  const events = [];
  for (let at = 0; at < text.length; at += pieceLength) events.push(...lines.feed(text.slice(at, at + pieceLength)));
  events.push(...lines.end());
  return {
    text: events.map((event) => (event.kind === "text-delta" ? event.text : "")).join(""),
    content: events.flatMap((event) => (event.kind === "content" ? [event.content] : [])),
  };
}

describe("a media line", () => {
  it.each([1, 2, 5, 1000])("becomes a file, however the text is cut (%i characters)", (pieceLength) => {
    const text = "Here it is:\nMEDIA: https://example.com/a.png?x=1\n  MEDIA:/srv/out/report.pdf\nBye";

    expect(read(text, pieceLength)).toEqual({
      text: "Here it is:\nBye",
      content: [
        { kind: "image", url: "https://example.com/a.png?x=1" },
        { kind: "file", path: "/srv/out/report.pdf" },
      ],
    });
  });

  it.each([
    ["`clip.mp4`", { kind: "video", path: "clip.mp4" }],
    ["file:///tmp/a.mp3", { kind: "voice", path: "/tmp/a.mp3" }],
    ["HTTPS://example.com/x", { kind: "file", url: "HTTPS://example.com/x" }],
  ])("names %s", (source, content) => {
    expect(read(`MEDIA: ${source}`, 3).content).toEqual([content]);
  });

  it.each([
    "See MEDIA: a.png",
    "MEDIA:",
    "MEDIAN: 5",
    "```\nMEDIA: a.png\n```\n",
    `MEDIA:${"x".repeat(5000)}`,
    "ME",
    "  \n`code` here\n",
  ])("is not %s", (text) => {
    for (const pieceLength of [1, 7, 10_000]) expect(read(text, pieceLength)).toEqual({ text, content: [] });
  });

  it("does not hold back a line that is none", () => {
    const lines = createMediaLines();

    expect(lines.feed("Me")).toEqual([{ kind: "text-delta", text: "Me" }]);
    expect(lines.feed("MEDIA: a")).toEqual([{ kind: "text-delta", text: "MEDIA: a" }]);
  });
});
