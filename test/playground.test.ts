import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway } from "../apps/gateway/test/harness.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

/** The page as people use it: a real browser, the real gateway behind it. */
describe.skipIf(CHROMIUM === undefined)("the playground in a browser (apt-get install chromium)", () => {
  let browser: BrowserContext;
  let profile: string;

  beforeAll(async () => {
    profile = mkdtempSync(join(tmpdir(), "wxgate-browser-"));
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM as string,
      args: [...QUIET, "--disable-component-update", "--disable-sync"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });

  async function open(url: string): Promise<{ page: Page; problems: string[] }> {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(url);
    return { page, problems };
  }

  it("shows the answer to what is written there", { timeout: 40_000 }, async () => {
    const gateway = await startGateway();
    const { page, problems } = await open(gateway.sim.url);

    await page.fill("textarea", "你好");
    await page.keyboard.press("Enter");
    await page.getByText("You said: 你好", { exact: true }).waitFor({ timeout: 10_000 });
    const wire = await page.getByText("/cgi-bin/kf/send_msg").count();

    expect(wire).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });

  it("fits a phone: nothing to scroll sideways at 360 pixels", { timeout: 40_000 }, async () => {
    const gateway = await startGateway();
    const { page } = await open(gateway.sim.url);

    await page.setViewportSize({ width: 360, height: 740 });
    const overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");

    expect(overflow).toBeLessThanOrEqual(0);
  });

  it("speaks Chinese when asked to", { timeout: 40_000 }, async () => {
    const gateway = await startGateway();
    const { page } = await open(gateway.sim.url);

    await page.locator("header select").first().selectOption("zh");

    await page.getByRole("button", { name: "发送", exact: true }).waitFor({ timeout: 5_000 });
  });
});
