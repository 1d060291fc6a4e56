// Writes docs/configuration.md and docs/zh/configuration.md from the published JSON Schema. `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";

const ROOT = new URL("..", import.meta.url);
const SCHEMA = JSON.parse(readFileSync(new URL("apps/gateway/assets/wxgate.schema.json", ROOT), "utf8"));

const INTRO = {
  en: `# Configuration

One file, \`wxgate.yaml\`, or the path given with \`--config\`. \`\${NAME}\` and \`\${NAME:-default}\` read the environment,
\`\${file:/run/secrets/x}\` reads a file. Unknown keys are errors with a suggestion; \`wxgate check\` lists every problem with
file, line and key. \`wxgate reload\` or SIGHUP applies changes.

Editors complete and check the file with its schema:
\`# yaml-language-server: $schema=./apps/gateway/assets/wxgate.schema.json\`.

\`defaults\` are merged under each channel: \`"*"\`, over it the type's, over both the channel's own keys; \`groups\` by key.
Credentials are never inherited.

The tables below are written from the schema.
`,
  zh: `# 配置

一个文件 \`wxgate.yaml\`，或用 \`--config\` 指定。\`\${NAME}\`、\`\${NAME:-默认值}\` 读取环境变量，\`\${file:/run/secrets/x}\` 读取文件。
未知的键是错误并附带建议；\`wxgate check\` 列出每个问题的文件、行与键。\`wxgate reload\` 或 SIGHUP 应用改动。

编辑器可用模式补全与检查：\`# yaml-language-server: $schema=./apps/gateway/assets/wxgate.schema.json\`。

\`defaults\` 合并到每个渠道之下：先 \`"*"\`，再类型，最后渠道自己的键；\`groups\` 按键合并。凭据从不继承。

下表由模式生成。
`,
};
const HEADER = { en: "| key | value | default | |\n|---|---|---|---|", zh: "| 键 | 值 | 默认 | |\n|---|---|---|---|" };
const SECTIONS = {
  en: { agents: "agents, type", channels: "channels, type" },
  zh: { agents: "智能体，类型", channels: "渠道，类型" },
};

/** The schema without the alternative that allows a reference to the environment anywhere. */
function plain(schema) {
  const kinds = schema.anyOf?.filter(({ pattern }) => !pattern?.includes("\\$\\{"));
  return kinds?.length === 1 ? { ...kinds[0], description: schema.description ?? kinds[0].description } : schema;
}

function wordFor(schema) {
  const known = plain(schema);
  if (known.const !== undefined) return `\`${known.const}\``;
  if (known.enum !== undefined) return known.enum.map((word) => `\`${word}\``).join(" ");
  if (known.anyOf !== undefined) return [...new Set(known.anyOf.map(wordFor).filter((text) => text !== ""))].join(", ");
  if (known.type === "array") return `list of ${wordFor(known.items ?? {}) || "values"}`;
  if (known.type === "object") return known.properties === undefined ? "map" : "section";
  return known.type ?? "";
}

function* rows(properties, required, prefix = "") {
  for (const [key, schema] of Object.entries(properties)) {
    const known = plain(schema);
    if (known.type === "object" && known.properties !== undefined && !(key === "type")) {
      yield* rows(known.properties, [], `${prefix}${key}.`);
      continue;
    }
    const fallback =
      schema.default === undefined || typeof schema.default === "object" ? "" : `\`${JSON.stringify(schema.default)}\``;
    const must = required.includes(key) && fallback === "" ? " *" : "";
    const words = (known.description ?? "").replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("<", "&lt;");
    yield `| \`${prefix}${key}\`${must} | ${wordFor(schema).replaceAll("|", "\\|")} | ${fallback} | ${words} |`;
  }
}

function typed(schema) {
  return plain(schema.additionalProperties).anyOf ?? [plain(schema.additionalProperties)];
}

function page(language) {
  const parts = [INTRO[language]];
  for (const [section, schema] of Object.entries(SCHEMA.properties)) {
    if (section === "agents" || section === "channels") {
      for (const one of typed(schema)) {
        const type = plain(one.properties?.type ?? {}).const;
        if (type === undefined) continue;
        parts.push(
          `## ${SECTIONS[language][section]} \`${type}\`\n\n${HEADER[language]}\n${[...rows(one.properties, one.required ?? [])].join("\n")}\n`,
        );
      }
    } else if (plain(schema).properties !== undefined) {
      const known = plain(schema);
      parts.push(
        `## \`${section}\`\n\n${HEADER[language]}\n${[...rows(known.properties, known.required ?? [])].join("\n")}\n`,
      );
    } else parts.push(`## \`${section}\`\n\n${HEADER[language]}\n${[...rows({ [section]: schema }, [])].join("\n")}\n`);
  }
  return parts.join("\n");
}

const check = process.argv.includes("--check");
for (const [language, file] of [
  ["en", "docs/configuration.md"],
  ["zh", "docs/zh/configuration.md"],
]) {
  const path = new URL(file, ROOT);
  const text = page(language);
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(`${file} is not what the schema says; run: node scripts/config-docs.mjs`);
    process.exitCode = 1;
  }
}
