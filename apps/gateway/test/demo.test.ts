import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitFor } from "./harness.ts";

const BIN = fileURLToPath(new URL("../bin/wxgate.js", import.meta.url));

function run(...args: readonly string[]): { dir: string; child: ChildProcess; output: () => string } {
  const dir = mkdtempSync(join(tmpdir(), "wxgate-demo-"));
  const child = spawn(process.execPath, [BIN, ...args], { cwd: dir });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  onTestFinished(async () => {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  return { dir, child, output: () => output };
}

interface Account {
  readonly type: string;
  readonly account: string;
}

async function control<T>(url: string, path: string, body?: unknown): Promise<T> {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body), headers: JSON_BODY };
  return (await fetch(`${url}/control/${path}`, init)).json() as Promise<T>;
}

/** What a person who writes "hi" to an account is answered with, beside a welcome. */
async function chat(url: string, account: string, from: string): Promise<string> {
  await control(url, "send", { account, from, content: [{ kind: "text", text: "hi" }] });
  const query = new URLSearchParams({ account, user: from });
  return waitFor(async () => {
    const { items } = await control<{ items: readonly { direction: string; text?: string }[] }>(url, `screen?${query}`);
    return items.find(({ direction, text }) => direction === "outbound" && text?.includes("hi"))?.text;
  });
}

const JSON_BODY = { "content-type": "application/json" };

describe("start without a configuration", () => {
  it("runs a demonstration and prints the address of a page where an answer comes", async () => {
    const { dir, output } = run("start");

    await waitFor(() => output().includes("data   ./data"), { timeoutMs: 20_000 });
    const [playground] = /http:\/\/127\.0\.0\.1:91\d\d/.exec(output()) ?? [""];
    const page = await fetch(`${playground}/`);

    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await chat(playground, "wkSimAccount00000000000001", "anna")).toBe("You said: hi");
    expect(statSync(join(dir, "data", "wxgate.key")).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, "data", "gateway.json")).mode & 0o777).toBe(0o600);
    expect(existsSync(join(dir, "wxgate.yaml"))).toBe(false);
    expect(existsSync(join(dir, "data", "demo.db"))).toBe(true);
    expect(existsSync(join(dir, "data", "wxgate.db"))).toBe(false);
  });

  it("answers whoever writes to any account the page offers", async () => {
    const { output } = run("start", "--json");
    await waitFor(() => output().includes('"started"'), { timeoutMs: 20_000 });
    const { playground, channels } = JSON.parse(output().split("\n")[0] ?? "{}");
    const url = playground.replace(/\/$/, "");
    const { accounts } = await control<{ accounts: readonly Account[] }>(url, "accounts");

    const answers = await Promise.all(
      accounts.map(async ({ type, account }) => [type, await chat(url, account, "zhangsan")]),
    );

    expect(answers).toEqual(accounts.map(({ type }) => [type, "You said: hi"]));
    expect(new Set(accounts.map(({ type }) => type)).size).toBe(channels.length);
  });

  it("takes other ports beside one that runs already", async () => {
    const first = run("start", "--json");
    await waitFor(() => first.output().includes('"started"'), { timeoutMs: 20_000 });

    const second = run("start", "--json");
    await waitFor(() => second.output().includes('"started"'), { timeoutMs: 20_000 });

    const [one, two] = [first, second].map(({ output }) => JSON.parse(output().split("\n")[0] ?? "{}"));
    expect(one.demo && two.demo).toBe(true);
    expect(
      new Set([one.publicUrl, two.publicUrl, one.adminUrl, two.adminUrl, one.playground, two.playground]).size,
    ).toBe(6);
  });
});

describe("simulate", () => {
  it("prints one JSON line with the addresses and accounts", async () => {
    const { output } = run("simulate", "--port", "0");

    await waitFor(() => output().includes("\n"));

    const line = JSON.parse(output().trim());
    expect(line.accounts[0]).toMatchObject({ type: "kf", corpId: expect.any(String), secret: expect.any(String) });
    expect((await fetch(`${line.url}/control/accounts`)).status).toBe(200);
  });
});
