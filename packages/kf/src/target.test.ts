import { describe, expect, it } from "vitest";
import { ok } from "./test-support/fake-qyapi.ts";
import { said, startKf, TO } from "./test-support/start-kf.ts";

async function withAccounts(...accounts: readonly string[]) {
  const kf = startKf();
  kf.qyapi.on("kf/account/list", {
    ...ok,
    account_list: accounts.map((open_kfid) => ({ open_kfid, manage_privilege: true })),
  });
  await kf.runFor(1_000);
  return kf;
}

describe("a target", () => {
  it("without an account means the only one there is", async () => {
    const { channel } = await withAccounts("wkA");

    expect(await channel.target("wmU")).toEqual(TO);
  });

  it("without an account means the one that knows the person", async () => {
    const kf = await withAccounts("wkA", "wkB");
    kf.news(said("hi", { open_kfid: "wkB" }));
    await kf.ring("wkB");

    expect(await kf.channel.target("wmU")).toEqual({ ...TO, account: "wkB" });
  });

  it("is refused with the choices when several accounts know the person", async () => {
    const kf = await withAccounts("wkA", "wkB");
    for (const account of ["wkA", "wkB"]) {
      kf.news(said("hi", { open_kfid: account }));
      await kf.clock.advance(1_000);
      await kf.ring(account);
    }

    await expect(kf.channel.target("wmU")).rejects.toThrow("wmU@wkA, wmU@wkB");
  });

  it("is refused in words when nobody knows the person, or no account is known", async () => {
    const several = await withAccounts("wkA", "wkB");

    await expect(several.channel.target("wmX")).rejects.toThrow("wmX has not written to any of the 2 accounts");
    await expect(startKf().channel.target("wmX")).rejects.toThrow("no customer service account is known yet");
  });

  it("keeps the case of ids", async () => {
    expect(await startKf().channel.target("wmAbC@wkXyZ")).toMatchObject({ peer: "wmAbC", account: "wkXyZ" });
  });
});
