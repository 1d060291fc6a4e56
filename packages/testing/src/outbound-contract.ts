import type { OutboundContent, OutboundMessage, Piece, Room } from "@wxgate/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OutboundFacts, StartSubject } from "./channel-contract.ts";

const text = fc.array(
  fc.oneof(
    fc.constantFrom(
      "你好，世界。",
      "word ",
      "A sentence. ",
      "\n",
      "\n\n",
      "👩‍👩‍👧‍👦",
      "🇨🇳",
      "é",
      "x".repeat(300),
      "汉".repeat(120),
    ),
    fc.string({ unit: "grapheme", maxLength: 20 }),
  ),
  { minLength: 1, maxLength: 60 },
);

/** One of every kind, as agents write them. */
const EVERY_KIND: readonly OutboundContent[] = [
  { kind: "text", text: "# Title\n\n- **bold** and `code`" },
  { kind: "image", mediaId: "M1" },
  { kind: "voice", mediaId: "M2" },
  { kind: "video", mediaId: "M3" },
  { kind: "file", mediaId: "M4", filename: "报告.pdf" },
  { kind: "link", title: "Title", description: "words", url: "https://example.com/a?b=1" },
  { kind: "link", title: "Title", url: "https://example.com/", image: { mediaId: "M5" } },
  {
    kind: "articles",
    items: [
      { title: "one", url: "https://example.com/1", description: "first" },
      { title: "two", url: "https://example.com/2" },
    ],
  },
  { kind: "location", latitude: 23.1, longitude: 113.32, name: "Canton Tower", address: "Guangzhou" },
  { kind: "miniprogram", appId: "wx0123456789", path: "pages/index.html", title: "Shop" },
  {
    kind: "menu",
    head: "Which one?",
    items: [{ id: "a", text: "First" }, { url: "https://example.com/", text: "Site" }, { text: "or write" }],
    tail: "Thanks",
  },
  {
    kind: "card",
    card: { card_type: "text_notice", main_title: { title: "Card title", desc: "Card words" }, task_id: "t1" },
  },
  { kind: "handoff" },
  { kind: "native", payload: { msgtype: "text", text: { content: "as it is" } } },
];

export function outboundContract(facts: OutboundFacts, start: StartSubject): void {
  const room = (more: Partial<Room> = {}): Room => ({ to: facts.to, longReply: "continue", ...more });
  const shown = (pieces: readonly Piece[]) => pieces.map((piece) => facts.shownText(piece)).join("");
  const bare = (words: string) => words.replace(/\s+/g, "");

  function expectTaken(pieces: readonly Piece[]): void {
    expect(pieces.map((piece) => facts.problem(piece)).filter((problem) => problem !== undefined)).toEqual([]);
  }

  describe("outgoing messages", () => {
    it.each(EVERY_KIND)("are prepared from $kind content", async (content) => {
      const { channel } = await start();

      const pieces = channel.prepare([content], room());

      if (!facts.silentKinds?.includes(content.kind)) expect(pieces.length).toBeGreaterThan(0);
      expectTaken(pieces);
    });

    it("lose no text and keep the platform's limits, however long and odd it is", async () => {
      const { channel } = await start();

      fc.assert(
        fc.property(text, fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }), (parts, sendsLeft) => {
          const written = parts.join("");
          const pieces = channel.prepare([{ kind: "text", text: written, format: "plain" }], room({ sendsLeft }));

          expectTaken(pieces);
          expect(bare(shown(pieces))).toBe(bare(written));
        }),
        { numRuns: 150 },
      );
    });

    it("keep to the sends that are left when long replies are cut or go into a file", async () => {
      const { channel } = await start();
      if (channel.reply?.sendsPerInbound === undefined) return;
      const long = { kind: "text", text: "一句话。\n".repeat(3_000), format: "plain" } as const;

      for (const longReply of ["file", "truncate"] as const) {
        for (const sendsLeft of [1, 2, 3, 5]) {
          const pieces = channel.prepare([long], room({ longReply, sendsLeft }));
          expectTaken(pieces);
          expect(pieces.length).toBeGreaterThan(0);
          expect(pieces.length).toBeLessThanOrEqual(sendsLeft);
        }
      }
    });

    it("are prepared from the same reply in the same way, without touching it", async () => {
      const { channel } = await start();
      const before = structuredClone(EVERY_KIND);

      const first = channel.prepare(EVERY_KIND, room({ sendsLeft: 3 }));
      const second = channel.prepare(EVERY_KIND, room({ sendsLeft: 3 }));

      expect(second).toEqual(first);
      expect(EVERY_KIND).toEqual(before);
      expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    });

    it("give no piece for nothing to say", async () => {
      const { channel } = await start();

      expect(channel.prepare([], room())).toEqual([]);
      expect(channel.prepare([{ kind: "text", text: " \n\n\t" }], room())).toEqual([]);
    });

    it("are sent with a receipt, and may be sent again under the same id", async () => {
      const { channel } = await start();
      const [piece] = channel.prepare([{ kind: "text", text: "hello" }], room());
      const signal = new AbortController().signal;
      const message: OutboundMessage = {
        id: "Zq3-_x01",
        replyId: "rpl_1",
        to: facts.to,
        answers: [],
        handles: [],
        piece: piece as Piece,
        attempt: 1,
      };

      const first = await channel.send(message, signal);
      const second = await channel.send({ ...message, attempt: 2 }, signal);

      expect(first).toEqual(expect.any(Object));
      expect(second.platformId).toBe(first.platformId);
    });

    it("stay as they are when there is nothing to upload", async () => {
      const { channel } = await start();
      if (channel.stage === undefined) return;
      const [piece] = channel.prepare([{ kind: "text", text: "hello" }], room());

      const staged = await channel.stage(
        piece as Piece,
        { to: facts.to, answers: [], handles: [] },
        new AbortController().signal,
      );

      expect(staged).toEqual(piece);
    });
  });
}
