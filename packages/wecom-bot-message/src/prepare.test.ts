import { utf8Length } from "@wxgate/chunker";
import type { OutboundContent, Piece, Room } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { createBotPrepare } from "./index.ts";

const ROOM: Room = { to: { channel: "helper", account: "aib", kind: "direct", peer: "u" }, longReply: "continue" };
const prepare = createBotPrepare({
  showThinking: false,
  menuCard: ({ items }) => (items.length > 2 ? undefined : { card_type: "button_interaction" }),
  notices: { truncated: "(cut)", inFile: "(see file)", fileName: "all.md", noHuman: "(no human)" },
});
const texts = (pieces: readonly Piece[]) =>
  pieces.flatMap(({ content }) => content.map((part) => (part.kind === "text" ? part.text : `[${part.kind}]`)));

describe("a reply of the bot", () => {
  it("merges texts and keeps files and cards as messages of their own", () => {
    const reply: OutboundContent[] = [
      { kind: "text", text: "one" },
      { kind: "text", text: "two" },
      { kind: "image", url: "https://example.com/a.png" },
      { kind: "text", text: "three" },
      { kind: "card", card: { card_type: "text_notice" } },
    ];

    expect(texts(prepare(reply, ROOM))).toEqual(["one\n\ntwo", "[image]", "three", "[card]"]);
  });

  it("splits 60,000 bytes of Chinese without losing a character", () => {
    const text = "天地玄黄宇宙洪荒。".repeat(2_230);

    const pieces = texts(prepare([{ kind: "text", text }], ROOM));

    expect(utf8Length(text)).toBeGreaterThan(60_000);
    expect(pieces).toHaveLength(3);
    for (const piece of pieces) expect(utf8Length(piece)).toBeLessThanOrEqual(20_480);
    expect(pieces.join("")).toBe(text);
  });

  it("keeps thinking back", () => {
    expect(texts(prepare([{ kind: "text", text: "<think>hm</think>Yes" }], ROOM))).toEqual(["Yes"]);
    expect(prepare([{ kind: "text", text: "<think>hm</think>" }], ROOM)).toEqual([]);
  });

  it("writes links as Markdown that no title or address breaks", () => {
    const link: OutboundContent = { kind: "link", title: "a [b]", url: "https://e.com/x_(y) z", description: "d" };

    expect(texts(prepare([link], ROOM))).toEqual(["[a  b](https://e.com/x_%28y%29%20z)\nd"]);
  });

  it("makes a card of a menu, and text of one that is too long for it", () => {
    const items = [1, 2, 3].map((id) => ({ id: String(id), text: `item ${id}` }));

    expect(texts(prepare([{ kind: "menu", items: items.slice(0, 2) }], ROOM))).toEqual(["[card]"]);
    expect(texts(prepare([{ kind: "menu", items }], ROOM))).toEqual(["1. item 1\n2. item 2\n3. item 3"]);
  });

  it("tells who asks for a human that there is none", () => {
    expect(texts(prepare([{ kind: "handoff" }], ROOM))).toEqual(["(no human)"]);
  });
});
