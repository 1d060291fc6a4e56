import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

/** Which layer a package stands in; a new package joins here, or the first test fails. */
const LAYERS: Readonly<Record<string, number>> = {
  core: 0,
  "wecom-crypto": 1,
  "token-cache": 1,
  chunker: 1,
  "unicode-format": 1,
  "http-client": 1,
  media: 1,
  "wecom-callback": 2,
  "wecom-api": 2,
  "wecom-bot-message": 2,
  "wecom-card": 2,
  "wecom-target": 2,
  "wecom-mcp": 2,
  "long-reply": 2,
  kf: 3,
  "wecom-agent-xml": 3,
  "wecom-bot-ws": 3,
  "wecom-bot-webhook": 3,
  "weixin-ilink": 3,
  dispatcher: 3,
  store: 3,
  agents: 3,
  simulator: 3,
};
/** Used in tests by everybody; names no layer of its own. */
const DEVELOPMENT = "testing";

interface Package {
  readonly name: string;
  readonly folder: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const packages = readdirSync(join(ROOT, "packages")).map((name): Package => {
  const folder = join(ROOT, "packages", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { name, folder, dependencies: manifest.dependencies ?? {}, devDependencies: manifest.devDependencies ?? {} };
});

const isTest = (file: string) => /\.test\.ts$|\/fixtures\/|\/test-support\//.test(file);

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

function imports(file: string): readonly string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
}

function ours(specifier: string): string | undefined {
  return /^@wxgate\/([^/]+)/.exec(specifier)?.[1];
}

describe("the layers", () => {
  it("know every package", () => {
    const unknown = packages.filter(({ name }) => name !== DEVELOPMENT && LAYERS[name] === undefined);

    expect(unknown.map(({ name }) => name)).toEqual([]);
  });

  it("are imported downwards only, and nothing in the third imports the third", () => {
    const wrong: string[] = [];
    for (const { name, folder } of packages) {
      for (const file of sources(join(folder, "src"))) {
        for (const target of imports(file).map(ours)) {
          if (target === undefined || target === name) continue;
          if (isTest(file) ? target === DEVELOPMENT || LAYERS[target] !== undefined : allowed(name, target)) continue;
          wrong.push(`${relative(ROOT, file)} imports @wxgate/${target}`);
        }
      }
    }

    expect(wrong).toEqual([]);
  });

  it("are declared downwards only", () => {
    const wrong = packages.flatMap(({ name, dependencies }) =>
      Object.keys(dependencies)
        .map(ours)
        .filter((target) => target !== undefined && !allowed(name, target))
        .map((target) => `${name} depends on ${target}`),
    );

    expect(wrong).toEqual([]);
  });

  it("keep the simulator and the channels apart, in tests too", () => {
    const channels = ["kf", "wecom-agent-xml", "wecom-bot-ws", "wecom-bot-webhook", "weixin-ilink"];
    const wrong: string[] = [];
    for (const { name, folder } of packages) {
      for (const file of sources(join(folder, "src"))) {
        const targets = imports(file).map(ours);
        if (name === "simulator" && targets.some((target) => target !== undefined && channels.includes(target)))
          wrong.push(file);
        if (channels.includes(name) && targets.includes("simulator")) wrong.push(file);
      }
    }

    expect(wrong.map((file) => relative(ROOT, file))).toEqual([]);
  });
});

describe("the doors to the outside", () => {
  const productSources = packages
    .filter(({ name }) => name !== DEVELOPMENT && name !== "simulator")
    .flatMap(({ folder }) => sources(join(folder, "src")))
    .filter((file) => !isTest(file));

  it("are in the gateway alone: servers, logs, environment", () => {
    const wrong = productSources.filter((file) => {
      const text = readFileSync(file, "utf8");
      return (
        imports(file).some((specifier) => specifier === "pino" || /^@?fastify/.test(specifier)) ||
        /process\.env\b/.test(text)
      );
    });

    expect(wrong.map((file) => relative(ROOT, file))).toEqual([]);
  });

  it("give channels no clock, randomness or network of their own", () => {
    const channelFolders =
      /packages\/(?:kf|wecom-agent-xml|wecom-bot-ws|wecom-bot-webhook|weixin-ilink|wecom-api|wecom-callback|wecom-bot-message|dispatcher)\//;
    const wrong = productSources
      .filter((file) => channelFolders.test(file))
      .filter((file) =>
        /\bDate\.now\(|\bMath\.random\(|globalThis\.fetch|new Date\(\)/.test(readFileSync(file, "utf8")),
      );

    expect(wrong.map((file) => relative(ROOT, file))).toEqual([]);
  });

  it("name concrete channels, stores and agents in the gateway alone", () => {
    const dispatcher = packages.find(({ name }) => name === "dispatcher");

    expect(Object.keys(dispatcher?.dependencies ?? {}).filter((name) => ours(name) !== undefined)).toEqual([
      "@wxgate/core",
    ]);
  });
});

function allowed(from: string, to: string): boolean {
  if (from === DEVELOPMENT) return LAYERS[to] !== undefined && (LAYERS[to] ?? 9) < 3;
  const source = LAYERS[from];
  const target = LAYERS[to];
  if (source === undefined || target === undefined) return false;
  return source >= 2 && target < source;
}
