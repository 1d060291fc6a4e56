import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Simulator, type SimulatorOptions, startSimulator } from "@wxgate/simulator";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
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

  describe("with a self-built app", () => {
    async function openApp(language = "en", options: SimulatorOptions = {}) {
      const sim = await startSimulator(options);
      onTestFinished(() => sim.close());
      const { page, problems } = await open(sim.url);
      await page.selectOption("#language", language);
      await page.selectOption("#account", APP);
      return { sim, page, problems };
    }

    it.each([
      ["en", "Group chat of the app", "Members: zhangsan, lisi. Seen by zhangsan", "nothing can be written"],
      ["zh", "应用的群聊", "成员：zhangsan, lisi。以 zhangsan 的身份查看", "不能输入"],
    ])("shows a group chat to whom it belongs (%s)", { timeout: 40_000 }, async (language, label, seen, note) => {
      const { sim, page, problems } = await openApp(language);
      const { chatid } = await call(sim, "appchat/create", { name: "Team", userlist: ["zhangsan", "lisi"] });
      await call(sim, "appchat/send", { chatid, msgtype: "text", text: { content: "hello all" } });

      await page.locator("#group option", { hasText: "Team" }).waitFor({ state: "attached", timeout: 10_000 });
      await page.getByLabel(label).selectOption(chatid as string);
      await page.locator("#chat").getByText("hello all", { exact: true }).waitFor({ timeout: 10_000 });

      await page.getByText(seen, { exact: true }).waitFor({ timeout: 5_000 });
      await page.getByText(note).waitFor({ timeout: 5_000 });
      expect(await page.locator("#text").isVisible()).toBe(false);
      await page.selectOption("#group", "");
      await page.locator("#text").waitFor({ timeout: 5_000 });
      expect(problems).toEqual([]);
    });

    it.each([
      ["en", "dropped silently: over the limit of the platform"],
      ["zh", "被静默丢弃：超过平台的频率限制"],
    ])("says in words that a message was dropped silently (%s)", { timeout: 40_000 }, async (language, words) => {
      const { sim, page } = await openApp(language, { faults: [{ name: "app.send.per-minute", value: 0 }] });
      const message = { touser: "zhangsan", agentid: Number(APP), msgtype: "text", text: { content: "too many" } };

      await page.fill("#person", "zhangsan");
      await call(sim, "message/send", message);
      await page.locator("#chat").getByText("too many", { exact: true }).waitFor({ timeout: 10_000 });

      const meta = await page.locator("#chat .meta").textContent();
      expect(meta).toContain(words);
      expect(meta).not.toContain("fail_type");
    });

    it.each([
      ["en", "Events", "Let it happen"],
      ["zh", "事件", "触发事件"],
    ])("lets the events happen that an app gets (%s)", { timeout: 40_000 }, async (language, panel, button) => {
      const { sim, page, problems } = await openApp(language);
      await page.fill("#person", "newcomer");
      await page.locator("#events summary", { hasText: panel }).click();
      const names = await page.locator("#event-name option").allTextContents();
      const happens = async (name: string) => {
        await page.selectOption("#event-name", name);
        if (name === "click") await page.fill("#event-key", "menu-7");
        const answer = page.waitForResponse((response) => response.url().endsWith("/event"));
        await page.getByRole("button", { name: button }).click();
        expect((await answer).status()).toBe(200);
      };
      await sim.registerCallback(APP, NOWHERE, { force: true });

      for (const name of names) await happens(name);
      await sim.idle();

      const sent = sim.log({ kind: "callback" }).entries.map(({ body }) => String(body));
      const [click] = sent.filter((xml) => xml.includes("<Event><![CDATA[click]]>"));
      expect(click).toContain("<EventKey><![CDATA[menu-7]]></EventKey>");
      expect(click).toContain("<FromUserName><![CDATA[newcomer]]></FromUserName>");
      for (const name of names) expect(sent.join()).toContain(`<Event><![CDATA[${name}]]></Event>`);
      expect(names).toEqual(expect.arrayContaining(["subscribe", "unsubscribe", "LOCATION", "scancode_waitmsg"]));
      expect(problems).toEqual([]);
    });

    it("shows an answered button disabled, and the others not", { timeout: 40_000 }, async () => {
      const { sim, page } = await openApp();
      const button_list = [
        // As the simulator keeps a button after an update_button.
        { text: "Yes", key: "yes", replace_text: "Done" },
        { text: "No", key: "no" },
      ];
      const template_card = {
        card_type: "button_interaction",
        main_title: { title: "Go?" },
        task_id: "t",
        button_list,
      };
      await page.fill("#person", "zhangsan");
      await call(sim, "message/send", {
        ...{ touser: "zhangsan", agentid: Number(APP), msgtype: "template_card", template_card },
      });

      const button = (name: string) => page.locator("#chat").getByRole("button", { name, exact: true });
      await button("Done").waitFor({ timeout: 10_000 });

      expect([await button("Done").isDisabled(), await button("No").isDisabled()]).toEqual([true, false]);
    });

    it("fits a phone with its events open", { timeout: 40_000 }, async () => {
      const { page } = await openApp();
      await page.locator("#events summary").click();

      await page.setViewportSize({ width: 360, height: 740 });
      const overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");

      expect(overflow).toBeLessThanOrEqual(0);
    });
  });

  it("offers each account what its platform takes, and nothing that must fail", { timeout: 60_000 }, async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    const { page, problems } = await open(sim.url);
    const offered: Record<string, { samples: number; staff: boolean }> = {};
    const accepted = async (path: string, act: () => Promise<unknown>) => {
      const answer = page.waitForResponse((response) => response.url().endsWith(path));
      await act();
      expect([(await answer).status(), await (await answer).text()]).toEqual([200, expect.anything()]);
    };

    for (const { account, type } of sim.accounts()) {
      await page.selectOption("#account", account);
      const [, ...samples] = await page.locator("#sample option").allTextContents();
      for (const sample of samples) await accepted("/send", () => page.selectOption("#sample", sample));
      if (await page.locator("#enter").isVisible()) await accepted("/send", () => page.click("#enter"));
      offered[type] = { samples: samples.length, staff: await page.locator("#staff").isVisible() };
    }

    expect(offered).toEqual({
      kf: { samples: 13, staff: true },
      "wecom-agent-xml": { samples: 7, staff: false },
      "wecom-bot-ws": { samples: 6, staff: false },
      "wecom-bot-webhook": { samples: 6, staff: false },
      "weixin-ilink": { samples: 5, staff: false },
    });
    expect(problems).toEqual([]);
  });
});

const APP = "1000002";
/** Nobody listens there; the log has what was sent all the same. */
const NOWHERE = "http://127.0.0.1:9/";

/** A call of the app itself. */
async function call(sim: Simulator, path: string, body: object): Promise<Record<string, unknown>> {
  const { corpId, secret } = sim.accounts().find(({ account }) => account === APP) as Record<string, unknown>;
  const query = new URLSearchParams({ corpid: String(corpId), corpsecret: String(secret) });
  const { access_token } = (await (await fetch(`${sim.url}/cgi-bin/gettoken?${query}`)).json()) as {
    access_token: string;
  };
  const address = `${sim.url}/cgi-bin/${path}?${new URLSearchParams({ access_token })}`;
  const answer = (await (await fetch(address, { method: "POST", body: JSON.stringify(body) })).json()) as Record<
    string,
    unknown
  >;
  expect(answer).toMatchObject({ errcode: 0 });
  return answer;
}
