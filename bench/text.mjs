// Format and chunk one answer: against marked's lexer alone, for linearity, at the sizes people see, and on hostile input.
import { chunkText } from "@wxgate/chunker";
import { formatMarkdown } from "@wxgate/unicode-format";
import { marked } from "marked";
import { createCollector } from "./lib/collector.mjs";
import { median } from "./lib/load.mjs";
import { note, report } from "./lib/report.mjs";

const PARAGRAPH = `## 第一步 Getting started

企业微信的**回调地址**需要先通过校验。Please open the *admin console*, choose [API settings](https://example.com/settings?a=1&b=2)
and paste the \`EncodingAESKey\` there. 然后点击“保存”，等待三秒钟。

- 第一项：确认 Token 与密钥一致
- Second item with \`code\` and **bold text** inside
  1. nested one
  2. nested two

| 项目 | 说明 |
|---|---|
| 图片 | JPG, PNG, 10 MB |
| 语音 | AMR, 60 s |

> 引用：消息不会丢失。Nothing that was accepted is lost.

\`\`\`ts
const answer = await gateway.reply("hi");
\`\`\`

`;

const collect = createCollector();

/** How long work takes, in ms, where nobody's garbage but its own is collected meanwhile. */
const time = (work) => {
  collect({ type: "minor" });
  const startedAt = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - startedAt) / 1e6;
};
/** Rounds until the engine has optimized both. */
const WARM_UP = 6;
const ofSize = (bytes) => PARAGRAPH.repeat(Math.ceil(bytes / Buffer.byteLength(PARAGRAPH)));
const ours = (text) => chunkText(formatMarkdown(text), { maxBytes: 2048 });

const ANSWERS = {
  "2 KB": ofSize(2_000),
  "20 KB": ofSize(20_000),
  "20 KB of Chinese": "消息先写入数据库，然后才确认收到；进程随时可以被终止，不会丢失，也不会重复。\n\n".repeat(180),
  "20 KB of code": `\`\`\`ts\n${"const answer = await gateway.reply(message, { signal });\n".repeat(350)}\`\`\`\n`,
  "20 KB of tables": `| 项目 | 说明 | 大小 |\n|---|---|---|\n${"| 图片 | JPG, **PNG** | 10 MB |\n".repeat(550)}`,
};

/** What one answer costs, by turns with the lexer; a slice is many answers, as one is too short to be timed. */
function compareAnswer(name, text) {
  const times = Math.ceil(200_000 / text.length);
  const slice = (work) =>
    time(() => {
      for (let count = 0; count < times; count += 1) work(text);
    }) / times;
  const rounds = { ours: [], lexer: [] };
  for (let round = 0; round < 11; round += 1) {
    rounds.ours.push(slice(ours));
    rounds.lexer.push(slice((markdown) => marked.lexer(markdown)));
  }
  const inUs = (values) => (median(values) * 1000).toFixed(0);
  note(`${name}: ${inUs(rounds.ours)} µs; the lexer alone ${inUs(rounds.lexer)} µs`);
}

export async function run() {
  const megabyte = ofSize(1_000_000);
  const quarter = ofSize(250_000);
  const rounds = { ours: [], lexer: [], quarter: [] };
  for (let round = -WARM_UP; round < 15; round += 1) {
    const result = {
      ours: time(() => ours(megabyte)),
      lexer: time(() => marked.lexer(megabyte)),
      quarter: time(() => ours(quarter)),
    };
    if (round >= 0) for (const name of Object.keys(rounds)) rounds[name].push(result[name]);
  }
  report("format + chunk of 1 MB vs marked's lexer alone", median(rounds.lexer) / median(rounds.ours), {
    least: 6,
    unit: "x as fast",
    detail: `${median(rounds.ours).toFixed(1)} ms vs ${median(rounds.lexer).toFixed(1)} ms`,
  });
  report("format + chunk: 1 MB over 4 times 250 KB", median(rounds.ours) / (4 * median(rounds.quarter)), {
    most: 1.3,
    unit: "x",
  });

  collect();
  note(`1 MB right behind a full collection: ${time(() => ours(megabyte)).toFixed(1)} ms`);

  for (const [name, text] of Object.entries(ANSWERS)) compareAnswer(name, text);

  const size = 64 * 1024;
  const hostile = {
    "[": "[",
    "![a](": "![a](",
    "*": "*",
    "`": "`",
    _a: "_a",
    "a*": "a*",
    "~~": "~~",
    "<": "<",
    "|": "|",
  };
  for (const [name, unit] of Object.entries(hostile)) {
    const text = unit.repeat(size / unit.length);
    ours(text);
    report(`64 KB of ${name}`, median(Array.from({ length: 5 }, () => time(() => formatMarkdown(text)))), {
      most: 20,
      unit: "ms",
    });
  }
  const nested = `${"> ".repeat(3000)}deep`;
  report("3,000 nested quotes", median(Array.from({ length: 5 }, () => time(() => formatMarkdown(nested)))), {
    most: 20,
    unit: "ms",
  });
}
