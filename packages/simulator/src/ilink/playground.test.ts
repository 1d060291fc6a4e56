import { describe, expect, it } from "vitest";
import { startIlink } from "./client.fixture.ts";

describe("the playground's scan button", () => {
  it("finds the codes that wait, and signs the chosen person in", async () => {
    const h = await startIlink();
    const { key } = await h.qr();
    const control = async (path: string, body: object) => {
      const response = await fetch(`${h.sim.url}/control/${path}`, { method: "POST", body: JSON.stringify(body) });
      return response.json() as Promise<Record<string, unknown>>;
    };

    const { codes } = await control("weixin-ilink/codes", {});
    const scanned = await control("scan", { qrcode: key, user: "bob", confirm: true });

    expect(codes).toMatchObject([{ qrcode: key, status: "wait" }]);
    expect(scanned).toEqual({ qrcode: key, status: "confirmed" });
    expect(h.sim.accounts().map(({ name }) => name)).toContain("bob's bot");
    expect(await control("weixin-ilink/codes", {})).toEqual({ codes: [] });
  });
});
