import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../apps/gateway/src/config/load.ts";
import { type ConfigError, formatProblem } from "../apps/gateway/src/config/problems.ts";
import { registry } from "../apps/gateway/src/registry.ts";
import { APP_ERRCODES, SHARED_ERRCODES } from "../packages/wecom-api/src/index.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs"), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
    .map((name) => join("docs", name)),
];
const READMES = ["packages", "apps"].flatMap((folder) =>
  readdirSync(join(ROOT, folder)).map((name) => join(folder, name, "README.md")),
);

describe("the documents", () => {
  it("link to files that exist", () => {
    const broken = [...PAGES, ...READMES.filter((path) => existsSync(join(ROOT, path)))].flatMap((page) =>
      [...readFileSync(join(ROOT, page), "utf8").matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] ?? "")
        .filter((link) => !/^[a-z]+:/i.test(link) && !existsSync(join(ROOT, dirname(page), link)))
        .map((link) => `${page}: ${link}`),
    );

    expect(broken).toEqual([]);
  });

  it("stand in both languages", () => {
    const english = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));

    expect(english.filter((name) => !existsSync(join(ROOT, "docs/zh", name)))).toEqual([]);
  });

  it("list the configuration as the schema has it", () => {
    const result = spawnSync(process.execPath, [join(ROOT, "scripts/config-docs.mjs"), "--check"], {
      encoding: "utf8",
    });

    expect(result.stderr).toBe("");
  });

  it("tell of every package how it and what its example imports is installed", () => {
    const incomplete = READMES.filter((path) => path.startsWith("packages")).flatMap((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      const example = /^```ts\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? "";
      const installed = /^npm i (.*)$/m.exec(text)?.[1]?.split(" ") ?? [];
      const needed = [`@wxgate/${path.split("/")[1]}`, ...(example.match(/@wxgate\/[a-z-]+/g) ?? [])];
      return needed.filter((name) => !installed.includes(name)).map((name) => `${path}: ${name}`);
    });

    expect(incomplete).toEqual([]);
  });

  it("show configurations that are right as they stand", async () => {
    const aesKey = "2wgSqGrnzYN2884VE2DB2Je22gxxXmGrpgsGKzvQxwE";
    const wrong: string[] = [];
    for (const page of [...PAGES, ...READMES]) {
      for (const [, yaml = ""] of readFileSync(join(ROOT, page), "utf8").matchAll(/^```yaml\n([\s\S]*?)^```$/gm)) {
        // Other programs' files say whose they are.
        if (yaml.includes("cloudflared")) continue;
        const text = yaml.replace(/\$\{file:[^}]*\}/g, "from-a-file").replace(/\$\{\w+\}/g, aesKey);
        const problems = await parseConfig({ file: page, text, directory: ROOT, env: {} }, registry).then(
          () => [],
          (error: ConfigError) => error.problems.map(formatProblem),
        );
        wrong.push(...problems);
      }
    }

    expect(wrong).toEqual([]);
  });

  it("tell of every number an app can be refused with what to do, in both languages", () => {
    const numbers = Object.keys({ ...SHARED_ERRCODES, ...APP_ERRCODES });
    const missing = ["docs/wecom-agent.md", "docs/zh/wecom-agent.md"].flatMap((page) => {
      const firstCells = readFileSync(join(ROOT, page), "utf8").match(/^\|[^|]*/gm) ?? [];
      const told = new Set(firstCells.flatMap((cell) => cell.match(/-?\d+/g) ?? []));
      return numbers.filter((number) => !told.has(number)).map((number) => `${page}: ${number}`);
    });

    expect(numbers.length).toBeGreaterThan(50);
    expect(missing).toEqual([]);
  });

  it("describe every package and app", () => {
    expect(READMES.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe("the examples", () => {
  it("compile", { timeout: 60_000 }, () => {
    // Inside the gateway's folder, so that its dependencies are found as a reader's would be.
    const folder = join(ROOT, "apps/gateway/node_modules/.cache/examples");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const page of [...READMES.filter((path) => existsSync(join(ROOT, path))), ...PAGES]) {
      const blocks = [...readFileSync(join(ROOT, page), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
      for (const [index, block] of blocks.entries()) {
        writeFileSync(join(folder, `${page.replace(/[^a-z0-9]+/gi, "-")}-${index}.ts`), block[1] ?? "");
      }
    }
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: relative(folder, join(ROOT, "tsconfig.base.json")),
        compilerOptions: {
          noEmit: true,
          customConditions: ["@wxgate/source"],
          noUnusedLocals: false,
          types: ["node"],
          typeRoots: [relative(folder, join(ROOT, "node_modules/@types"))],
          paths: { "@wxgate/*": [relative(folder, join(ROOT, "packages/*/src/index.ts"))] },
        },
        include: ["*.ts"],
      }),
    );

    const result = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });

    expect(result.stdout).toBe("");
  });
});
