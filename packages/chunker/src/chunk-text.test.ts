import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChunkOptions, chunkRanges, chunkText } from "./chunk-text.ts";
import { characterLength, utf8Length } from "./measure.ts";

const FAMILY = "👨‍👩‍👧‍👦";

/** Text as people and models write it, with all that makes cutting hard. */
const hardText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "。",
        "！",
        "? ",
        "```",
        "~~~~",
        "```js\n",
        "\n```\n",
        "  ```",
        "，",
        "…",
      ),
      fc.constantFrom(
        FAMILY,
        "🇨🇳",
        "e\u0301",
        "\u200d",
        "\ud83d",
        "\udc00",
        "नि",
        "각",
        "中文字",
        "word",
        "https://a.b/c?d=e",
      ),
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.string({ maxLength: 40 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));

const anyLimit = fc.oneof(
  fc.integer({ min: 4, max: 120 }).map((maxBytes) => ({ maxBytes })),
  fc.integer({ min: 1, max: 80 }).map((maxCharacters) => ({ maxCharacters })),
);

function sizeOf(text: string, limit: object): number {
  return "maxBytes" in limit ? utf8Length(text) : characterLength(text);
}

describe("where chunkText cuts", () => {
  it("prefers the end of a paragraph to a later line, sentence or word", () => {
    const pieces = chunkText("One two.\n\nThree.\nFour. Five six", { maxBytes: 26 });

    expect(pieces).toEqual(["One two.\n\n", "Three.\nFour. Five six"]);
  });

  it("prefers the end of a line to a later sentence", () => {
    expect(chunkText("One two.\nThree. Four", { maxCharacters: 17 })).toEqual(["One two.\n", "Three. Four"]);
  });

  it.each([
    ["你好。世界很大！朋友们", 9, ["你好。世界很大！", "朋友们"]],
    ["他说：“走吧。”然后离开了", 9, ["他说：“走吧。”", "然后离开了"]],
    ["真的吗？！是的；好", 8, ["真的吗？！是的；", "好"]],
    ["Is it? Yes it is. Fine then", 20, ["Is it? Yes it is. ", "Fine then"]],
  ])("ends %s at a sentence", (text, maxCharacters, pieces) => {
    expect(chunkText(text, { maxCharacters })).toEqual(pieces);
  });

  it("takes no dot inside a number for the end of a sentence", () => {
    expect(chunkText("about 3.14159265 of it", { maxCharacters: 18 })).toEqual(["about 3.14159265 ", "of it"]);
  });

  it("keeps Western words whole", () => {
    expect(chunkText("alpha beta gamma", { maxCharacters: 12 })).toEqual(["alpha beta ", "gamma"]);
  });

  it("keeps Chinese words whole", () => {
    expect(chunkText("我们今天去北京大学参观图书馆", { maxCharacters: 6 })).toEqual([
      "我们今天去",
      "北京大学参观",
      "图书馆",
    ]);
  });

  it("cuts a word that alone is longer than a piece", () => {
    expect(chunkText("abcdefghij", { maxBytes: 4 })).toEqual(["abcd", "efgh", "ij"]);
  });

  it.each([FAMILY, "🇨🇳", "e\u0301\u0323", "👍🏽", "\r\n"])("never tears %j", (grapheme) => {
    const text = grapheme.repeat(20);

    for (let maxCharacters = characterLength(grapheme); maxCharacters < 30; maxCharacters++) {
      for (const piece of chunkText(text, { maxCharacters })) expect(piece.length % grapheme.length).toBe(0);
    }
  });

  it("cuts a grapheme longer than a piece between its code points", () => {
    const pieces = chunkText(FAMILY, { maxBytes: 8 });

    expect(pieces.join("")).toBe(FAMILY);
    for (const piece of pieces) expect(Buffer.from(piece).toString()).toBe(piece);
  });

  it("gives no pieces for no text, and one for text that fits", () => {
    expect(chunkText("", { maxBytes: 4 })).toEqual([]);
    expect(chunkText("中", { maxBytes: 4 })).toEqual(["中"]);
  });
});

describe("code fences", () => {
  const code = `See:\n\`\`\`ts title="a"\n${"let a = 1;\n".repeat(6)}\`\`\`\nDone.`;

  it("are closed at a cut and opened again, with their info string", () => {
    const pieces = chunkText(code, { maxBytes: 64 });

    expect(pieces[0]).toMatch(/^See:\n```ts title="a"\n(let a = 1;\n)+```$/);
    expect(pieces[1]).toMatch(/^```ts title="a"\n(let a = 1;\n)+```(\nDone\.)?$/);
    for (const piece of pieces) expect(utf8Length(piece)).toBeLessThanOrEqual(64);
  });

  it("leave no empty block at either side of a cut", () => {
    for (let maxBytes = 50; maxBytes < 120; maxBytes++) {
      for (const piece of chunkText(code, { maxBytes })) expect(piece).not.toMatch(/```ts title="a"\n```/);
    }
  });

  it("are opened where their code is, not at the end of the piece before", () => {
    const text = `Some words here.\n\`\`\`ts\nlet a = 1;\n\`\`\`\n`;

    expect(chunkText(text, { maxBytes: 22 })[0]).toBe("Some words here.\n");
  });

  it.each(["~~~", "`````", "   ```"])("of %j are known too", (fence) => {
    const [first, second] = chunkText(`${fence} sh\n${"echo hi\n".repeat(9)}${fence}\n`, { maxBytes: 60 });

    expect(first?.endsWith(`\n${fence.trim()}`)).toBe(true);
    expect(second?.startsWith(`${fence} sh\n`)).toBe(true);
  });

  it("lose an info string that would fill the next piece", () => {
    const [, second] = chunkText(`\`\`\`${"x".repeat(60)}\n${"a b c\n".repeat(30)}`, { maxBytes: 80 });

    expect(second?.startsWith("```\n")).toBe(true);
  });

  it("are text like any other when `fences` is off", () => {
    expect(chunkText(code, { maxBytes: 64, fences: false }).join("")).toBe(code);
  });
});

describe("a text with code blocks", () => {
  const line = fc.stringMatching(/^[a-z(){}=; ]{0,40}$/);
  const codeBlock = fc
    .tuple(
      fc.constantFrom("```", "````", "~~~"),
      fc.constantFrom("", "ts", "sh title=x"),
      fc.array(line, { minLength: 1, maxLength: 12 }),
    )
    .map(([fence, info, lines]) => ({ info, text: `${fence}${info}\n${lines.join("\n")}\n${fence}\n` }));
  const prose = line.map((text) => ({ info: "", text: `${text}\n` }));
  const document = fc.array(fc.oneof(codeBlock, prose), { minLength: 1, maxLength: 8 });

  it("has every fence that a piece opens closed in it, and none other", () => {
    fc.assert(
      fc.property(document, fc.integer({ min: 60, max: 200 }), (blocks, maxBytes) => {
        for (const piece of chunkText(blocks.map(({ text }) => text).join(""), { maxBytes })) {
          let open = "";
          for (const text of piece.split("\n")) {
            const marks = /^(?:`{3,}|~{3,})/.exec(text)?.[0] ?? "";
            if (open === "") open = marks;
            else if (marks === text && marks[0] === open[0] && marks.length >= open.length) open = "";
          }
          expect(open).toBe("");
        }
      }),
    );
  });

  it("is itself again when the fences that were added are taken out", () => {
    fc.assert(
      fc.property(document, fc.integer({ min: 60, max: 200 }), (blocks, maxBytes) => {
        const text = blocks.map((block) => block.text).join("");
        const chunks = chunkRanges(text, { maxBytes });
        chunks.forEach(({ opening, closing }, index) => {
          const next = chunks[index + 1]?.opening ?? "";
          // What closes a fence and what opens it again belong together, and the marks are the same.
          expect(closing === "").toBe(next === "");
          expect(next.startsWith(closing.trim())).toBe(true);
          expect(index > 0 || opening === "").toBe(true);
        });
        const pieces = chunkText(text, { maxBytes });
        const joined = pieces
          .map((piece, index) =>
            piece.slice(chunks[index]!.opening.length, piece.length - chunks[index]!.closing.length),
          )
          .join("");
        expect(joined).toBe(text);
      }),
    );
  });

  it("keeps the info string of a block that is torn", () => {
    fc.assert(
      fc.property(codeBlock, fc.integer({ min: 60, max: 120 }), ({ info, text }, maxBytes) => {
        for (const { opening } of chunkRanges(text, { maxBytes })) {
          if (opening !== "") expect(opening.replace(/^(?:`+|~+)/, "")).toBe(`${info}\n`);
        }
      }),
    );
  });
});

describe("emoji families, flags and accents", () => {
  const grapheme = fc.constantFrom(FAMILY, "🇨🇳", "👍🏽", "e\u0301\u0323", "👩‍🚀", "字", "a", " ", "\n", "。");

  it("stay whole in bytes as in characters", () => {
    const limit = fc.oneof(
      fc.integer({ min: 40, max: 120 }).map((maxBytes) => ({ maxBytes })),
      fc.integer({ min: 10, max: 60 }).map((maxCharacters) => ({ maxCharacters })),
    );
    fc.assert(
      fc.property(fc.array(grapheme, { maxLength: 60 }), limit, (graphemes, size) => {
        const ends = new Set<number>([0]);
        let at = 0;
        const segments = new Intl.Segmenter("en", { granularity: "grapheme" }).segment(graphemes.join(""));
        for (const { segment } of segments) {
          at += segment.length;
          ends.add(at);
        }
        for (const { end } of chunkRanges(graphemes.join(""), size)) expect(ends.has(end)).toBe(true);
      }),
    );
  });
});

describe("reserve", () => {
  it("keeps room for what the caller adds to one piece", () => {
    const pieces = chunkText("字".repeat(100), { maxBytes: 60, reserve: (index) => (index === 1 ? 30 : 0) });

    expect(pieces.map((piece) => utf8Length(piece))).toEqual([60, 30, 60, 60, 60, 30]);
  });

  it("must leave room for a character", () => {
    expect(() => chunkText("abc", { maxBytes: 10, reserve: 8 })).toThrow(/reserve for piece 0 is 8/);
  });
});

describe("limits", () => {
  it.each([{ maxBytes: 3 }, { maxBytes: 10.5 }, { maxCharacters: 0 }, { maxBytes: Number.NaN }])(
    "refuses %j",
    (limit) => {
      expect(() => chunkText("a", limit)).toThrow(RangeError);
    },
  );

  it("counts characters as code points", () => {
    expect(chunkText("😀😀😀", { maxCharacters: 2 })).toEqual(["😀😀", "😀"]);
  });
});

describe("whatever the text", () => {
  it("pieces stay within the limit, and their ranges join to the text", () => {
    fc.assert(
      fc.property(hardText, anyLimit, fc.boolean(), (text, limit, fences) => {
        const options: ChunkOptions = { ...limit, fences };
        const pieces = chunkText(text, options);
        const max = Object.values(limit)[0]!;
        for (const piece of pieces) {
          expect(piece).not.toBe("");
          expect(sizeOf(piece, limit)).toBeLessThanOrEqual(max);
        }
        const chunks = chunkRanges(text, options);
        expect(chunks.map(({ start, end }) => text.slice(start, end)).join("")).toBe(text);
        expect(pieces).toEqual(
          chunks.map(({ start, end, opening, closing }) => opening + text.slice(start, end) + closing),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("without fences the pieces themselves join to the text", () => {
    fc.assert(
      fc.property(hardText, anyLimit, (text, limit) => {
        expect(chunkText(text, { ...limit, fences: false }).join("")).toBe(text);
      }),
    );
  });

  it("no cut tears a surrogate pair", () => {
    fc.assert(
      fc.property(hardText, anyLimit, (text, limit) => {
        for (const { end } of chunkRanges(text, limit)) {
          expect(/[\ud800-\udbff]$/.test(text.slice(0, end)) && /^[\udc00-\udfff]/.test(text.slice(end))).toBe(false);
        }
      }),
    );
  });

  it("a cut falls on a grapheme's end unless one grapheme fills the piece", () => {
    const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
    fc.assert(
      fc.property(hardText, fc.integer({ min: 40, max: 120 }), (text, maxCharacters) => {
        const starts = new Set([...graphemes.segment(text)].map(({ index }) => index));
        const longest = Math.max(0, ...[...graphemes.segment(text)].map(({ segment }) => characterLength(segment)));
        fc.pre(longest < maxCharacters / 4);
        for (const { end } of chunkRanges(text, { maxCharacters, fences: false })) {
          expect(end === text.length || starts.has(end)).toBe(true);
        }
      }),
    );
  });
});

/** The processor's time: that of the clock also counts what other processes of a busy machine take. */
function elapsedMs(text: string): number {
  const started = process.cpuUsage();
  chunkText(text, { maxBytes: 2048 });
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** Best times of both lengths; measures again while a busy machine makes linear work look worse. */
function isLinear(short: string, long: string): boolean {
  let shortMs = Number.POSITIVE_INFINITY;
  let longMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 8; run++) {
    shortMs = Math.min(shortMs, elapsedMs(short));
    longMs = Math.min(longMs, elapsedMs(long));
    // Eight times the text; quadratic work takes 64 times as long, and many seconds.
    if (run > 0 && longMs < 24 * shortMs + 20) return true;
  }
  return false;
}

describe("time grows with the text and no faster", () => {
  it.each([
    ["one word", "a"],
    ["line breaks", "\n"],
    ["spaces", " "],
    ["fences", "```\n"],
    ["tilde fences with info", "~~~ a\nb\n"],
    ["emoji joined with ZWJ", "👨\u200d"],
    ["flags", "🇨🇳"],
    ["combining marks", "\u0301"],
    ["Chinese without punctuation", "中文"],
    ["closing brackets", ")"],
    ["lone surrogates", "\ud83d"],
  ])("on 1 MB of %s", (_name, unit) => {
    const long = unit.repeat(1_000_000 / unit.length);

    expect(isLinear(long.slice(0, long.length / 8), long)).toBe(true);
  });
});
