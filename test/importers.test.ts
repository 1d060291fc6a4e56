import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Simulator, startSimulator } from "@wxgate/simulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/*
 * What people get who import one channel: the packages as they would be published, in a project that knows nothing of this
 * repository, talking to the simulated platform.
 */

const ROOT = join(import.meta.dirname, "..");
const ACCOUNT = "wkSimAccount00000000000001";
const FASTIFY = JSON.parse(readFileSync(join(ROOT, "apps/gateway/node_modules/fastify/package.json"), "utf8")).version;

let project: string;
let sim: Simulator;
const children: ChildProcess[] = [];

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "wxgate-importer-"));
  sim = await startSimulator();
  const tarballs = pack(["@wxgate/core", "@wxgate/kf"]);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "importer", private: true, type: "module" }));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", ...tarballs, `fastify@${FASTIFY}`], {
    cwd: project,
  });
}, 180_000);

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await sim?.close();
  rmSync(project, { recursive: true, force: true });
});

/** The named packages and everything of ours they need, as tarballs. */
function pack(names: readonly string[]): readonly string[] {
  const wanted = new Set<string>();
  const add = (name: string) => {
    if (wanted.has(name)) return;
    wanted.add(name);
    const manifest = JSON.parse(readFileSync(join(folderOf(name), "package.json"), "utf8"));
    for (const dependency of Object.keys(manifest.dependencies ?? {}))
      if (dependency.startsWith("@wxgate/")) add(dependency);
  };
  for (const name of names) add(name);
  const out = join(project, "tarballs");
  mkdirSync(out);
  for (const name of wanted) {
    execFileSync("npx", ["-y", "pnpm@10.34.9", "pack", "--pack-destination", out], {
      cwd: folderOf(name),
      stdio: "ignore",
    });
  }
  return readdirSync(out).map((file) => join(out, file));
}

function folderOf(name: string): string {
  return join(ROOT, "packages", name.slice("@wxgate/".length));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const PROGRAM = `
const app = fastify();
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
app.all("/kf", async (request, reply) => {
  const init = { method: request.method, ...(request.body ? { body: request.body } : {}) };
  const answer = await kf.webhook(new Request("http://localhost" + request.url, init));
  return reply.code(answer.status).send(await answer.text());
});
await app.listen({ port: Number(process.env.PORT) });
void kf.run(new AbortController().signal);
`;
const START = `const kf = await serve(createKfChannel, JSON.parse(process.env.KF), (m) => m.reply("You said: " + m.text), { file: process.env.FILE });`;
const ESM = `import { serve } from "@wxgate/core";
import { createKfChannel } from "@wxgate/kf";
import { fastify } from "fastify";
${START}${PROGRAM}`;
const COMMON_JS = `const { serve } = require("@wxgate/core");
const { createKfChannel } = require("@wxgate/kf");
const { fastify } = require("fastify");
(async () => {
${START}${PROGRAM}})();`;

async function answersACustomer(file: string, source: string): Promise<readonly (string | undefined)[]> {
  writeFileSync(join(project, file), source);
  const account = sim.accounts().find(({ account: id }) => id === ACCOUNT);
  const { corpId, secret, token, encodingAESKey } = account as Record<string, unknown>;
  const port = await freePort();
  const child = spawn(process.execPath, [file], {
    cwd: project,
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      FILE: join(project, `${file}.jsonl`),
      KF: JSON.stringify({ corpId, secret, token, encodingAESKey, apiBaseUrl: sim.url }),
      NODE_NO_WARNINGS: "1",
    },
  });
  children.push(child);
  const person = `reader of ${file}`;
  const texts = () =>
    sim
      .screen({ account: ACCOUNT, user: person })
      .items.filter(({ direction }) => direction === "outbound")
      .map(({ text }) => text);
  try {
    await expect
      .poll(() => sim.registerCallback(ACCOUNT, `http://127.0.0.1:${port}/kf`), { timeout: 15_000 })
      .toMatchObject({ ok: true });
    await sim.send({ account: ACCOUNT, from: person, content: [{ kind: "text", text: "hi" }] });
    await expect.poll(texts, { timeout: 10_000 }).toHaveLength(1);
    return texts();
  } finally {
    child.kill("SIGKILL");
  }
}

describe("a packed channel in somebody else's project", () => {
  it("answers from an ES module", { timeout: 40_000 }, async () => {
    expect(await answersACustomer("esm.mjs", ESM)).toEqual(["You said: hi"]);
  });

  it("answers from a CommonJS file", { timeout: 40_000 }, async () => {
    expect(await answersACustomer("common.cjs", COMMON_JS)).toEqual(["You said: hi"]);
  });

  it("has types that a strict TypeScript project accepts", { timeout: 60_000 }, () => {
    writeFileSync(
      join(project, "typed.ts"),
      `import { type ReceivedMessage, serve } from "@wxgate/core";
import { createKfChannel, type KfOptions } from "@wxgate/kf";
import { createKfApi } from "@wxgate/kf/api";
const config: KfOptions = { corpId: "ww1", token: "t", encodingAESKey: "k" };
export const kf = await serve(createKfChannel, config, async (m: ReceivedMessage) => m.reply([{ kind: "text", text: m.text }]));
export const api: typeof createKfApi = createKfApi;
// @ts-expect-error a wrong kind of content is noticed
export const wrong = (m: ReceivedMessage) => m.reply({ kind: "sing" });
`,
    );
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          module: "nodenext",
          target: "es2023",
          types: ["node"],
          typeRoots: [join(ROOT, "node_modules/@types")],
        },
        include: ["typed.ts"],
      }),
    );

    const run = () => execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", project], { encoding: "utf8" });

    expect(run()).toBe("");
  });
});

describe("the code that is published", () => {
  it("has no literal that begins with a spread and goes on: on Node 20 each of its objects costs a hidden class", () => {
    const folder = join(project, "node_modules/@wxgate");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
    const beginning = files.filter((file) => /\{\s*\.\.\.(?!\{\})/.test(readFileSync(join(folder, file), "utf8")));
    expect(files.length).toBeGreaterThan(10);
    expect(beginning).toEqual([]);
  });
});
