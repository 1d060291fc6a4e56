import type { OutboundContent, Piece, Room } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { startIlink, TO } from "./test-support/start-ilink.ts";

const prepare = (reply: readonly OutboundContent[], room: Partial<Room> = {}, config = {}) =>
  startIlink({ config }).channel.prepare(reply, { to: TO, longReply: "continue", ...room });
const kinds = (pieces: readonly Piece[]) => pieces.map(({ content }) => content[0]?.kind);
const textOf = (piece: Piece | undefined) => (piece?.content[0]?.kind === "text" ? piece.content[0].text : undefined);
const image = { kind: "image", url: "https://x/a.png" } as const;
const plain = (text: string) => ({ kind: "text", text, format: "plain" }) as const;

describe("a reply", () => {
  it("merges neighbouring texts, and keeps a caption before its picture", () => {
    const pieces = prepare([plain("one"), plain("two"), image, plain("three")]);

    expect(kinds(pieces)).toEqual(["text", "image", "text"]);
    expect(textOf(pieces[0])).toBe("one\n\ntwo");
  });

  it("sends voice as a file, since phones show none", () => {
    expect(kinds(prepare([{ kind: "voice", url: "https://x/a.mp3" }]))).toEqual(["file"]);
  });

  it("is split by characters and by bytes, with room for the note", () => {
    const chinese = prepare([plain("汉".repeat(9_000))]);
    const emoji = prepare([plain("😀".repeat(9_000))], {}, { textLimit: 6_000 });

    for (const piece of [...chinese, ...emoji]) {
      expect(Buffer.byteLength(`${textOf(piece)}\n（未完，回复任意内容查看后续）`)).toBeLessThanOrEqual(15_000);
    }
    expect(Math.max(...chinese.map((piece) => textOf(piece)?.length ?? 0))).toBeLessThan(4_000);
    expect(chinese.map(textOf).join("")).toBe("汉".repeat(9_000));
  });

  it("filters Markdown unless the text is plain", () => {
    expect(textOf(prepare([{ kind: "text", text: "###### *中文*" }])[0])).toBe("中文");
    expect(textOf(prepare([plain("###### *中文*")])[0])).toBe("###### *中文*");
  });
});

describe("an answer of more than the person's message allows", () => {
  it("of pictures leaves the last place to a sentence that says that more waits", () => {
    const pieces = prepare(
      Array.from({ length: 14 }, () => image),
      { sendsLeft: 10 },
    );

    expect(kinds(pieces)).toEqual([...Array(9).fill("image"), "text", ...Array(5).fill("image")]);
    expect(textOf(pieces[9])).toBe("（未完，回复任意内容查看后续）");
  });

  it("of very many pictures does so each time", () => {
    const pieces = prepare(
      Array.from({ length: 30 }, () => image),
      { sendsLeft: 4 },
    );

    expect(kinds(pieces).flatMap((kind, index) => (kind === "text" ? index : []))).toEqual([3, 13, 23]);
  });

  it("needs no sentence of its own where the last is a text", () => {
    const reply = [...Array.from({ length: 9 }, () => image), plain("words"), image];

    expect(kinds(prepare(reply, { sendsLeft: 10 }))).toEqual([...Array(9).fill("image"), "text", "image"]);
  });

  it("fits whole where it fits exactly", () => {
    expect(
      kinds(
        prepare(
          Array.from({ length: 10 }, () => image),
          { sendsLeft: 10 },
        ),
      ),
    ).toEqual(Array(10).fill("image"));
  });

  it("has a full number again when nothing is left: it waits for the next message", () => {
    expect(
      prepare(
        Array.from({ length: 10 }, () => image),
        { sendsLeft: 0 },
      ),
    ).toHaveLength(10);
  });

  it("says nothing where the sentence is switched off", () => {
    const pieces = prepare(
      Array.from({ length: 14 }, () => image),
      { sendsLeft: 10 },
      { notices: { moreWaits: "" } },
    );

    expect(kinds(pieces)).toEqual(Array(14).fill("image"));
  });

  it("is cut, or goes into a file, as the operator wishes", () => {
    const long = plain("一句话。\n".repeat(20_000));

    const cut = prepare([long], { sendsLeft: 2, longReply: "truncate" });
    const filed = prepare([long], { sendsLeft: 2, longReply: "file" });

    expect(textOf(cut.at(-1))).toMatch(/已省略）$/);
    expect(kinds(filed)).toEqual(["text", "file"]);
    expect(textOf(filed[0])).toMatch(/见文件）$/);
  });
});
