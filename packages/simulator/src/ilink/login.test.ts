import { describe, expect, it } from "vitest";
import { DEFAULT_ILINK } from "../index.ts";
import { BOT, startIlink } from "./client.fixture.ts";

describe("QR login", () => {
  it("waits, is scanned, and gives token, bot id, person and address once confirmed", async () => {
    const h = await startIlink();
    const { key, link } = await h.qr();

    const first = await h.status(key);
    await h.sim.scan({ qrcode: link, user: "bob", confirm: false });
    const second = await h.status(key);
    await h.sim.scan({ qrcode: key, user: "bob", confirm: true });
    const third = await h.status(key);

    expect([first.status, second.status]).toEqual(["wait", "scaned"]);
    expect(third).toMatchObject({ status: "confirmed", baseurl: h.sim.url });
    expect(third.bot_token.startsWith(`${third.ilink_bot_id}:`)).toBe(true);
    expect(third.ilink_user_id).toMatch(/^o9cq.+@im\.wechat$/);
  });

  it("answers a poll that is held as soon as somebody scans", async () => {
    const h = await startIlink({ ilink: { ...DEFAULT_ILINK, holdMs: 60_000 } });
    const { key } = await h.qr();

    const held = h.status(key);
    await h.sim.scan({ qrcode: key, user: "bob", confirm: false });

    expect((await held).status).toBe("scaned");
  });

  it("asks for the digits, refuses wrong ones, and blocks after three", async () => {
    const h = await startIlink();
    h.sim.setFaults([{ name: "ilink.verify-code", value: "4321" }]);
    const { key } = await h.qr();
    await h.sim.scan({ qrcode: key, user: "bob", confirm: true });

    const asked = await h.status(key);
    const wrong = [await h.status(key, "1"), await h.status(key, "2"), await h.status(key, "3")];

    expect(asked.status).toBe("need_verifycode");
    expect(wrong.map(({ status }) => status)).toEqual(["need_verifycode", "need_verifycode", "verify_code_blocked"]);
  });

  it("goes on with the right digits", async () => {
    const h = await startIlink();
    h.sim.setFaults([{ name: "ilink.verify-code", value: "4321" }]);
    const { key } = await h.qr();
    await h.sim.scan({ qrcode: key, user: "bob", confirm: true });
    await h.status(key);

    const right = await h.status(key, "4321");
    const then = await h.status(key, "4321");

    expect([right.status, then.status]).toEqual(["scaned", "confirmed"]);
  });

  it("sends the client to another host, then confirms", async () => {
    const h = await startIlink();
    h.sim.setFaults([{ name: "ilink.redirect", value: "sz.weixin.qq.com" }]);
    const { key } = await h.qr();
    await h.sim.scan({ qrcode: key, user: "bob", confirm: true });

    expect(await h.status(key)).toMatchObject({ status: "scaned_but_redirect", redirect_host: "sz.weixin.qq.com" });
    expect((await h.status(key)).status).toBe("confirmed");
  });

  it("expires after five minutes, or when it is told to", async () => {
    const h = await startIlink();
    const [old, other] = [await h.qr(), await h.qr()];
    await h.sim.act("weixin-ilink", "expire", { qrcode: other.key });
    const told = await h.status(other.key);

    await h.sim.advance(5 * 60_000);

    expect(told.status).toBe("expired");
    expect((await h.status(old.key)).status).toBe("expired");
    expect((await h.status("unknown")).status).toBe("expired");
    await expect(h.sim.scan({ qrcode: old.key, user: "bob", confirm: true })).rejects.toThrow(/expired/);
  });

  it("says that the person is bound already when their token is among the local ones", async () => {
    const h = await startIlink();
    const token = h.sim.accounts().find(({ account }) => account === BOT)?.token as string;
    const { key } = await h.qr([token]);

    await h.sim.scan({ qrcode: key, user: "alice", confirm: true });

    expect((await h.status(key)).status).toBe("binded_redirect");
    expect(await h.poll()).toMatchObject({ ret: 0 });
  });

  it("kills the person's bot before, and the poll it holds", async () => {
    const h = await startIlink();
    const polling = h.poll();
    const { key } = await h.qr();

    await h.sim.scan({ qrcode: key, user: "alice", confirm: true });

    expect(await polling).toEqual({ errcode: -14, errmsg: "session timeout" });
    expect(await h.send("hi")).toMatchObject({ errcode: -14 });
  });

  it("stays at wait for clients that are too old, whose phones ask to upgrade", async () => {
    const h = await startIlink();
    const { key } = await h.qr([], "65547");

    const scanned = await h.sim.scan({ qrcode: key, user: "bob", confirm: true });

    expect(scanned.shown).toMatch(/upgrade/);
    expect((await h.status(key)).status).toBe("wait");
  });
});
