import { describe, expect, it } from "vitest";
import { ACCOUNT, type Harness, type Json, KF, OTHER_ACCOUNT, startHarness } from "../client.fixture.ts";

const HOUR_MS = 3_600_000;
const PNG = Buffer.from("89504e470d0a1a0a0000", "hex");

async function avatar(h: Harness): Promise<string> {
  const form = new FormData();
  form.append("media", new Blob([new Uint8Array(PNG)]), "a.png");
  const address = `${h.sim.url}/cgi-bin/media/upload?access_token=${await h.token()}&type=image`;
  const answer: Json = await (await fetch(address, { method: "POST", body: form })).json();
  return answer.media_id;
}

const list = async (h: Harness, body?: unknown) =>
  (await h.api("kf/account/list", body)).account_list.map((one: Json) => one.open_kfid);

describe("kf/account", () => {
  it("lists accounts in pages, and all of them to the old GET", async () => {
    const h = await startHarness();

    expect(await list(h, { offset: 0, limit: 1 })).toEqual([ACCOUNT]);
    expect(await list(h, { offset: 1, limit: 1 })).toEqual([OTHER_ACCOUNT]);
    expect(await list(h)).toEqual([ACCOUNT, OTHER_ACCOUNT]);
    expect((await h.api("kf/account/list", { limit: 101 })).errcode).toBe(40058);
  });

  it("adds, renames and deletes one", async () => {
    const h = await startHarness();
    const media_id = await avatar(h);

    const { open_kfid } = await h.api("kf/account/add", { name: "New", media_id });
    await h.api("kf/account/update", { open_kfid, name: "Newer" });
    const named = (await h.api("kf/account/list", {})).account_list.at(-1).name;
    await h.api("kf/account/del", { open_kfid });

    expect(open_kfid).toMatch(/^wk/);
    expect(named).toBe("Newer");
    expect(await list(h, {})).toEqual([ACCOUNT, OTHER_ACCOUNT]);
    expect((await h.sync({ open_kfid, token: undefined })).errcode).toBe(95004);
  });

  it("refuses a name over 16 characters and an avatar that is not there", async () => {
    const h = await startHarness();
    const media_id = await avatar(h);

    expect((await h.api("kf/account/add", { name: "x".repeat(17), media_id })).errcode).toBe(95006);
    expect((await h.api("kf/account/add", { name: "ok", media_id: "nope" })).errcode).toBe(40007);
  });

  it("gives an enterprise that is not verified ten accounts", async () => {
    const accounts = Array.from({ length: 10 }, (_, n) => ({ openKfId: n === 0 ? ACCOUNT : `wk${n}`, name: `${n}` }));
    const h = await startHarness({
      corps: [{ corpId: "ww51a3c0ffee000001", kf: { ...KF, verified: false, accounts } }],
    });

    expect((await h.api("kf/account/add", { name: "New", media_id: await avatar(h) })).errcode).toBe(95027);
  });

  it("does not let an app act on an account it was not given", async () => {
    const h = await startHarness();
    await h.control("POST", "kf/account", { account: ACCOUNT, managePrivilege: false });

    const [first] = (await h.api("kf/account/list", {})).account_list;

    expect(first.manage_privilege).toBe(false);
    expect((await h.sync({ token: undefined })).errcode).toBe(48002);
  });

  it("makes links that name a scene", async () => {
    const h = await startHarness();

    const good = await h.api("kf/add_contact_way", { open_kfid: ACCOUNT, scene: "shop_1" });
    const bad = await h.api("kf/add_contact_way", { open_kfid: ACCOUNT, scene: "a b" });

    expect(good.url).toMatch(/^https:\/\/work\.weixin\.qq\.com\/kf\/kfc.*\?enc_scene=ENC/);
    expect(bad.errcode).toBe(40058);
  });
});

describe("kf/customer/batchget", () => {
  it("knows who entered or wrote within 48 hours", async () => {
    const h = await startHarness();
    const { user } = await h.write("hi", "Alice");
    const ask = () => h.api("kf/customer/batchget", { external_userid_list: [user, "wmNobody"] });

    const fresh = await ask();
    await h.control("POST", "clock", { advanceMs: 49 * HOUR_MS });
    const late = await ask();

    expect(fresh).toMatchObject({
      customer_list: [{ external_userid: user, nickname: "Alice", gender: 0 }],
      invalid_external_userid: ["wmNobody"],
    });
    expect(late).toMatchObject({ customer_list: [], invalid_external_userid: [user, "wmNobody"] });
  });

  it("tells how somebody came in when asked to", async () => {
    const h = await startHarness();
    const content = { kind: "event", event: "enter_session", scene: "shop" };
    const { user } = (await h.control("POST", "send", { account: ACCOUNT, from: "bob", content })).body;

    const answer = await h.api("kf/customer/batchget", { external_userid_list: [user], need_enter_session_context: 1 });

    expect(answer.customer_list[0].enter_session_context).toEqual({ scene: "shop", scene_param: "" });
  });

  it("has pictures that can be fetched", async () => {
    const h = await startHarness();
    const { user } = await h.write("hi");

    const [{ avatar: address }] = (await h.api("kf/customer/batchget", { external_userid_list: [user] })).customer_list;

    expect((await fetch(address)).headers.get("content-type")).toBe("image/png");
  });

  it.each([[[]], [Array(101).fill("wm1")], ["wm1"]])("refuses a list of %j", async (external_userid_list) => {
    const h = await startHarness();

    expect((await h.api("kf/customer/batchget", { external_userid_list })).errcode).toBe(40058);
  });
});

describe("kf/servicer", () => {
  it("adds and removes people and departments, and ignores what is so already", async () => {
    const h = await startHarness();
    const change = (name: string, body: object) => h.api(`kf/servicer/${name}`, { open_kfid: ACCOUNT, ...body });

    const added = await change("add", { userid_list: ["wangwu", "zhangsan"], department_id_list: [7] });
    await change("del", { userid_list: ["lisi"] });
    await h.control("POST", "kf/servicer-status", { account: ACCOUNT, servicer: "wangwu", receiving: false });
    const { servicer_list } = await h.api("kf/servicer/list", undefined, { open_kfid: ACCOUNT });

    expect(added.result_list.map((one: Json) => one.errmsg)).toEqual(["success", "ignored", "success"]);
    expect(servicer_list).toEqual([
      { userid: "zhangsan", status: 0 },
      { userid: "wangwu", status: 1, stop_type: 0 },
      { department_id: 7 },
    ]);
    expect((await change("add", {})).errcode).toBe(40058);
  });
});
