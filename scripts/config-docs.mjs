// Writes docs/configuration.md and docs/zh/configuration.md from the published JSON Schema, whose sentences
// docs/zh/configuration-words.json has in Chinese. `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";

const ROOT = new URL("..", import.meta.url);
const SCHEMA = readJson("apps/gateway/assets/wxgate.schema.json");
const TRANSLATIONS = "docs/zh/configuration-words.json";

const INTRO = {
  en: `# Configuration

One file, \`wxgate.yaml\`, or the path given with \`--config\`. \`\${NAME}\` and \`\${NAME:-default}\` read the environment, and
what is not set there from the file \`.env\` beside the configuration; \`\${file:/run/secrets/x}\` reads a file. Unknown keys are errors with a suggestion;
\`wxgate check\` lists every problem with file, line and key. \`wxgate reload\` or SIGHUP applies changes.

Editors complete and check the file with its schema, by a first line that says where your clone is:
\`# yaml-language-server: $schema=/path/to/wxgate/apps/gateway/assets/wxgate.schema.json\`.

The tables below are written from the schema. A key with * is required. A dot leads into a section, \`[]\` to each entry of a list,
\`*\` to each entry of a map.
`,
  zh: `# 配置

一个文件 \`wxgate.yaml\`，或用 \`--config\` 指定。\`\${NAME}\`、\`\${NAME:-默认值}\` 读取环境变量，环境里没有的取自配置旁边的 \`.env\`；\`\${file:/run/secrets/x}\` 读取文件。
未知的键是错误并附带建议；\`wxgate check\` 列出每个问题的文件、行与键。\`wxgate reload\` 或 SIGHUP 应用改动。

第一行写明克隆所在之处，编辑器就能用模式补全与检查：\`# yaml-language-server: $schema=/path/to/wxgate/apps/gateway/assets/wxgate.schema.json\`。

下表由模式生成。带 * 的键必填。点号表示下一级，\`[]\` 表示列表的每一项，\`*\` 表示映射的每一项。
`,
};
const HEADER = {
  en: "| key | value | default | meaning |\n|---|---|---|---|",
  zh: "| 键 | 值 | 默认值 | 说明 |\n|---|---|---|---|",
};
const WORDS = {
  en: {
    agents: "agents",
    channels: "channels",
    everyType: "every type",
    type: "type",
    or: ", ",
    comma: ", ",
    listOf: (word) => `list of ${/^[a-z]+$/.test(word) ? `${word}s` : word}`,
    list: "list",
  },
  zh: {
    agents: "智能体",
    channels: "渠道",
    everyType: "所有类型",
    type: "类型",
    or: "或",
    comma: "，",
    listOf: (word) => `${word}列表`,
    list: "列表",
    string: "字符串",
    integer: "整数",
    number: "数字",
    boolean: "布尔值",
    map: "映射",
    section: "对象",
  },
};

const translations = readJson(TRANSLATIONS);
const said = new Set();

function readJson(file) {
  return JSON.parse(readFileSync(new URL(file, ROOT), "utf8"));
}

/** The schema without the alternative that allows a reference to the environment anywhere. */
function plain(schema) {
  const kinds = schema.anyOf?.filter(({ pattern }) => !pattern?.includes("\\$\\{"));
  return kinds?.length === 1 ? { ...kinds[0], description: schema.description ?? kinds[0].description } : schema;
}

/** What is said of a key, in one line of a table. */
function sentence(schema, language) {
  const english = plain(schema).description ?? "";
  if (english !== "") said.add(english);
  const text = language === "en" ? english : (translations[english] ?? english);
  const escaped = text.replaceAll("|", "\\|").replaceAll("\n", " ");
  // What stands in backquotes is shown as it is written.
  return escaped.replace(/`[^`]*`|</g, (found) => (found === "<" ? "&lt;" : found));
}

function kindOf(schema, language) {
  const words = WORDS[language];
  const word = (english) => words[english] ?? english;
  const known = plain(schema);
  if (known.const !== undefined) return `\`${known.const}\``;
  if (known.enum !== undefined) return known.enum.map((choice) => `\`${choice}\``).join(" ");
  if (known.anyOf !== undefined) {
    const kinds = known.anyOf.map((kind) => kindOf(kind, language)).filter((text) => text !== "");
    return [...new Set(kinds)].join(words.or);
  }
  if (known.type === "array") {
    const entry = kindOf(known.items ?? {}, language);
    return entry === "" ? words.list : words.listOf(entry);
  }
  if (known.type === "object") return word(known.properties === undefined ? "map" : "section");
  return word(known.type ?? "");
}

/** The sections a value may be or hold, by the way there. Of several, a key is required that all require. */
function sectionsOf(schema, path) {
  const sections = new Map();
  for (const [at, { properties, required = [] }] of sectionsIn(schema, path)) {
    const before = sections.get(at) ?? { properties: {}, required };
    sections.set(at, {
      properties: { ...before.properties, ...properties },
      required: before.required.filter((key) => required.includes(key)),
    });
  }
  return sections;
}

function* sectionsIn(schema, path) {
  const known = plain(schema);
  if (known.anyOf !== undefined) for (const kind of known.anyOf) yield* sectionsIn(kind, path);
  else if (known.type === "array") yield* sectionsIn(known.items ?? {}, `${path}[]`);
  else if (known.properties !== undefined) yield [path, known];
  else if (typeof known.additionalProperties === "object") yield* sectionsIn(known.additionalProperties, `${path}.*`);
}

/** The rows of a table by key. A section that stands in several places is written out in the first. */
function rowsOf(section, language, prefix = "", rows = new Map(), written = new Set()) {
  for (const [key, schema] of Object.entries(section.properties)) {
    const path = `${prefix}${key}`;
    if (path === "type" || rows.has(path)) continue;
    const hasDefault = schema.default !== undefined;
    const fallback = hasDefault && typeof schema.default !== "object" ? `\`${JSON.stringify(schema.default)}\`` : "";
    const must = section.required?.includes(key) && !hasDefault ? " *" : "";
    const value = kindOf(schema, language).replaceAll("|", "\\|");
    rows.set(path, `| \`${path}\`${must} | ${value} | ${fallback} | ${sentence(schema, language)} |`);
    for (const [at, inner] of sectionsOf(schema, path)) {
      const content = JSON.stringify(inner.properties);
      if (!written.has(content)) rowsOf(inner, language, `${at}.`, rows, written.add(content));
    }
  }
  return rows;
}

/** What most of the types say alike, of the keys that all of them have; the notices, of which there are many, come last. */
function commonRows(tables) {
  const usual = (key) => {
    const rows = tables.map((table) => table.get(key));
    const most = rows.find((row) => rows.filter((other) => other === row).length > rows.length / 2);
    return rows.includes(undefined) ? undefined : most;
  };
  const isNotice = (key) => key.startsWith("notices");
  const isCommon = (key) => usual(key) !== undefined && !isNotice(key);
  // A type with its own words on a common key has it among its own keys; one without has all of them together, in their order.
  const commonPart = (table) => table.size - [...table.keys()].findIndex(isCommon);
  const inOrder = tables.reduce((best, table) => (commonPart(table) < commonPart(best) ? table : best));
  const keys = [...inOrder.keys()].filter((key) => usual(key) !== undefined);
  return new Map([...keys.filter(isCommon), ...keys.filter(isNotice)].map((key) => [key, usual(key)]));
}

function chapter(title, intro, rows, language) {
  const table = rows.length === 0 ? [] : [`${HEADER[language]}\n${rows.join("\n")}`];
  return `${[`## ${title}`, ...(intro === "" ? [] : [intro]), ...table].join("\n\n")}\n`;
}

/** Agents or channels: first what all types know, then each type. */
function* typeChapters(name, schema, language) {
  const words = WORDS[language];
  const entry = plain(schema.additionalProperties);
  const types = entry.anyOf ?? [entry];
  const tables = types.map((type) => rowsOf(type, language));
  const common = commonRows(tables);
  const titled = (text) => `${words[name]}${words.comma}${text}`;
  yield chapter(titled(words.everyType), sentence(schema, language), [...common.values()], language);
  for (const [index, { properties }] of types.entries()) {
    const own = [...tables[index].values()].filter((row) => ![...common.values()].includes(row));
    const title = titled(`${words.type} \`${plain(properties.type).const}\``);
    yield chapter(title, sentence(properties.type, language), own, language);
  }
}

function* chapters(language) {
  for (const [name, schema] of Object.entries(SCHEMA.properties)) {
    if (name === "agents" || name === "channels") {
      yield* typeChapters(name, schema, language);
    } else if (name === "defaults") {
      const rows = Object.entries(schema.properties).map(
        ([type, keys]) => `| \`${type}\` | ${kindOf(keys, language)} | | ${sentence(keys, language)} |`,
      );
      yield chapter(`\`${name}\``, sentence(schema, language), rows, language);
    } else if (schema.properties !== undefined) {
      yield chapter(`\`${name}\``, sentence(schema, language), [...rowsOf(schema, language).values()], language);
    } else {
      yield chapter(`\`${name}\``, "", [...rowsOf({ properties: { [name]: schema } }, language).values()], language);
    }
  }
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

const check = process.argv.includes("--check");
for (const [language, file] of [
  ["en", "docs/configuration.md"],
  ["zh", "docs/zh/configuration.md"],
]) {
  const path = new URL(file, ROOT);
  const text = [INTRO[language], ...chapters(language)].join("\n");
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    fail(`${file} is not what the schema says; run: node scripts/config-docs.mjs`);
  }
}
for (const english of said) {
  if (translations[english] === undefined) fail(`${TRANSLATIONS} has no Chinese for: ${english}`);
}
for (const english of Object.keys(translations)) {
  if (!said.has(english)) fail(`${TRANSLATIONS} translates what the schema does not say: ${english}`);
}
