import { chunkMessages, truncateText } from "@wxgate/chunker";
import type { OutboundContent, Piece, Room } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { createPrepare, englishNotices, type LongReplyOptions, noticesSchema, withNote } from "./index.ts";

const TO = { channel: "c", account: "a", kind: "direct", peer: "p" } as const;
const NOTICES = { ...englishNotices, moreWaits: "(more)", truncated: "(cut)", inFile: "(file)" };

function prepared(
  reply: readonly OutboundContent[],
  room: Partial<Room> = {},
  options: Partial<LongReplyOptions> = {},
): readonly string[] {
  const prepare = createPrepare({
    notices: NOTICES,
    sendsPerInbound: 3,
    text: {
      split: (text, ending) => chunkMessages(text, { maxCharacters: 20, reserve: ending.length }),
      shorten: (text, ending) => truncateText(text, { maxCharacters: 20 - ending.length }),
    },
    degrade: (content) => (content.kind === "text" ? [content.text] : [content]),
    ...options,
  });
  return prepare(reply, { to: TO, longReply: "continue", ...room }).map(shown);
}
function shown({ content }: Piece): string {
  const [only] = content;
  return only?.kind === "text" ? only.text : `[${only?.kind}]`;
}
const text = (words: string): OutboundContent => ({ kind: "text", text: words });
const image: OutboundContent = { kind: "image", url: "https://x.test/a.png" };
const words = "one two six. Three four. Five seven. Eight nine.";

describe("a reply where messages are counted", () => {
  it("is as few messages as it can be", () => {
    expect(prepared([text("a"), text(" "), text("b"), image, text("c")])).toEqual(["a\n\nb", "[image]", "c"]);
  });

  it("leaves room for the note under every text, and is complete", () => {
    const pieces = prepared([text(words)]);

    expect(pieces.every((piece) => piece.length + "\n(more)".length <= 20)).toBe(true);
    expect(pieces.join(" ").replace(/ +/g, " ")).toBe(words);
  });

  it("says that more waits in a message of its own where the last place would be a picture's", () => {
    const seven = Array.from({ length: 7 }, () => image);

    expect(prepared(seven, { sendsLeft: 2 }).join(" ")).toBe(
      "[image] (more) [image] [image] (more) [image] [image] (more) [image] [image]",
    );
  });

  it("leaves that to contents that have room for it themselves", () => {
    const menu: OutboundContent = { kind: "menu", items: [{ id: "1", text: "yes" }] };
    const takesNote = ({ kind }: OutboundContent) => kind === "menu";

    expect(prepared([menu, image], { sendsLeft: 1 })).toEqual(["(more)", "[menu]", "[image]"]);
    expect(prepared([menu, image], { sendsLeft: 1 }, { takesNote })).toEqual(["[menu]", "[image]"]);
  });

  it("says nothing of it where no sentence is wanted", () => {
    const silent = { notices: { ...NOTICES, moreWaits: "" } };

    expect(prepared([image, image, image], { sendsLeft: 1 }, silent)).toEqual(["[image]", "[image]", "[image]"]);
  });

  it("ends with a word about it where it is cut, and keeps its pictures", () => {
    expect(prepared([text(words), image], { sendsLeft: 2, longReply: "truncate" })).toEqual([
      "one tw…\n(cut)",
      "[image]",
    ]);
  });

  it("goes into a file behind its beginning, or alone where one place is left", () => {
    expect(prepared([text(words)], { sendsLeft: 2, longReply: "file" })).toEqual(["one t…\n(file)", "[file]"]);
    expect(prepared([text(words)], { sendsLeft: 1, longReply: "file" })).toEqual(["[file]"]);
  });

  it("has the full number when nothing is left, since it waits for the person", () => {
    expect(prepared([text(words)], { sendsLeft: 0, longReply: "truncate" })).toHaveLength(3);
  });

  it("obeys the channel before the gateway", () => {
    const own = { longReply: "truncate" as const };

    expect(prepared([text(words)], { sendsLeft: 1, longReply: "continue" }, own)).toHaveLength(1);
  });
});

describe("a note", () => {
  it("goes under a text that has room for it and does not say so already", () => {
    expect(withNote("a", "(more)", 8)).toBe("a\n(more)");
    expect(withNote("ab", "(more)", 8)).toBe("ab");
    expect(withNote("(more)", "(more)", 80)).toBe("(more)");
    expect(withNote("a\n(more)", "(more)", 80)).toBe("a\n(more)");
    expect(withNote("a", undefined, 80)).toBe("a");
  });
});

describe("the notices", () => {
  it("are Chinese unless something else is said", () => {
    expect(noticesSchema.parse({ fileName: "all.txt" })).toMatchObject({
      inFile: "（完整内容见文件）",
      fileName: "all.txt",
    });
  });
});
