import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { startHarness } from "../client.fixture.ts";

const asset = (name: string) => readFile(new URL(`../../playground/${name}`, import.meta.url), "utf8");

describe("playground", () => {
  it("is served at / with all its files, and allows nothing from elsewhere", async () => {
    const h = await startHarness();

    const page = await fetch(`${h.sim.url}/`);
    const html = await page.text();
    const files = [...html.matchAll(/(?:src|href)="(\/playground\/[^"]+)"/g)].map((match) => match[1]);
    const answers = await Promise.all(files.map((file) => fetch(`${h.sim.url}${file}`)));

    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(files).toHaveLength(3);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it("has no inline script or style, which its policy would forbid", async () => {
    const html = await asset("index.html");

    expect(html).not.toMatch(/<style|style="|\son\w+="|<script(?![^>]*src=)/);
  });

  it.each(["/playground/../package.json", "/playground/%2e%2e/package.json", "/playground/none.js", "/elsewhere"])(
    "gives nothing for %s",
    async (path) => {
      const h = await startHarness();

      expect((await fetch(`${h.sim.url}${path}`)).status).toBe(404);
    },
  );

  it("finds every element its scripts name", async () => {
    const html = await asset("index.html");
    const scripts = (await Promise.all(["app.js", "panels.js", "events.js", "groups.js"].map(asset))).join("\n");
    const named = [...scripts.matchAll(/(?:byId|on)\("([\w-]+)"/g)].map((match) => match[1]);

    expect(named.length).toBeGreaterThan(20);
    for (const id of named) expect(html).toContain(`id="${id}"`);
  });

  it("has every word in both languages", async () => {
    const words = await asset("i18n.js");
    const half = words.indexOf("zh: {");
    const keysIn = (text: string) => [...text.matchAll(/^\s{4}"?([\w: ]+?)"?:(?=\s)/gm)].map((match) => match[1]);
    const english = keysIn(words.slice(0, half));
    const used = [...(await asset("index.html")).matchAll(/data-i18n(?:-\w+)?="(\w+)"/g)].map((match) => match[1]);

    expect(keysIn(words.slice(half, words.indexOf("let language")))).toEqual(english);
    expect(english).toEqual(expect.arrayContaining(used));
  });
});
