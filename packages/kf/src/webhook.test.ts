import { settled } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { callback, innerXml, signed } from "./test-support/callbacks.ts";
import { never } from "./test-support/fake-qyapi.ts";
import { page, said, startKf } from "./test-support/start-kf.ts";

/** Encrypted beforehand, with the key, token and corp id of the tests' configuration. */
const VECTORS = {
  check: {
    echostr: "Q3stYC6hdFzMh9T8HCvyDOjpXLNauJhx2jaflIofLlVnxFjODeL0vb3zQ2L8R+ZK2Ik/6HSYcODYZKOAQ/Uvsg==",
    signature: "00038c38d4443a1fbe8db01385663385d8aa1c95",
  },
  news: {
    encrypt:
      "Q3stYC6hdFzMh9T8HCvyDJd3XGghJQYcUf1O/1QxqEz2TnDQfMv8c6pEsgjuURY+Gv1YCH3TXKQteKJNFVJYtqKrqwTcjht2xVVfF3tw98KrewJmC6/Gn0gtabuuTVF0mUvNGEMbtyhF541nKpKH7ne5S1Chd3yUpxaD+e0DOBXvnzLJUHXUuRYLP6XjbchFBG9sGuNPnpVz7UrN5kBVtbajzkhYb6ar/mVJM1E+4sMQg3E7M7ybIbZnZpH2T8nTguHoKWr/DuJTDUiU4EPiqDCwf/nK/wPFjQ6Vu9o4BOEJ3Za4NfmimkEkk0S+GgYcjNz/o5sK7YMMtL0N9V3rf65667LVfWJw6uZE/12VSMKo7BzFJ3dk6JeSzUKs32S1zsV2dlsRVAqXZVvcCHLrMeucZCJbCpx9UGSCc9qRLik=",
    signature: "22530fca0dd949458b694170125e37a2700f836c",
  },
  foreignCorp: {
    encrypt: "Q3stYC6hdFzMh9T8HCvyDNMlEDOF0ZcCdofL2Sxz6HQ1CSqzpJshbwmsbfYC8B8BYZhLuvNQKKbjfNldb7ptnw==",
    signature: "342e2558326c8d40e62e5d44e08d07f0e7f7cf32",
  },
};

describe("the published examples", () => {
  it.each([
    ["percent-encoded", (text: string) => encodeURIComponent(text)],
    ["with its plus signs left as they are", (text: string) => text.replaceAll("=", "%3D")],
  ])("of the address check is answered to the byte, %s", async (_name, encode) => {
    const kf = startKf({ config: { secret: undefined } });
    const { echostr, signature } = VECTORS.check;
    const url = `https://gate.test/kf?msg_signature=${signature}&timestamp=1700000000&nonce=998877&echostr=${encode(echostr)}`;

    const response = await kf.channel.webhook?.(new Request(url));

    expect([response?.status, await response?.text()]).toEqual([200, "5927782489442352469"]);
  });

  it("of a callback makes its account pull with its token", async () => {
    const kf = startKf();
    const { encrypt, signature } = VECTORS.news;

    const response = await kf.channel.webhook?.(
      signed(encrypt, { timestamp: "1700000001", nonce: "112233" }, signature),
    );
    await settled();

    expect(response?.status).toBe(200);
    expect(kf.qyapi.sent("kf/sync_msg")).toMatchObject([{ open_kfid: "wkSIM0001", token: "ENCSIMTOKEN0001" }]);
  });

  it("of a callback for another corp is refused though the signature is right", async () => {
    const kf = startKf();
    const { encrypt, signature } = VECTORS.foreignCorp;

    const response = await kf.channel.webhook?.(
      signed(encrypt, { timestamp: "1700000003", nonce: "778899" }, signature),
    );

    expect(response?.status).toBe(400);
    expect(kf.qyapi.calls).toEqual([]);
  });
});

describe("a callback", () => {
  it("is acknowledged before the pull, which may take as long as it likes", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/sync_msg", never);

    const response = await kf.ring();

    expect(response.status).toBe(200);
    expect(kf.qyapi.sent("kf/sync_msg")).toHaveLength(1);
    await kf.channel.close?.();
  });

  it("is answered 503 while the channel is being closed, so that the platform tries again", async () => {
    const kf = startKf();

    await kf.channel.close?.();

    expect((await kf.ring()).status).toBe(503);
    expect(kf.qyapi.calls).toHaveLength(0);
  });

  it("of the oldest form, without an account, makes every known account pull", async () => {
    const kf = startKf();
    await kf.ring("wkA");
    await kf.ring("wkB");
    kf.qyapi.calls.length = 0;

    await kf.channel.webhook?.(callback({ token: "T9" }));
    await kf.clock.advance(1_000);

    expect(kf.qyapi.sent("kf/sync_msg").map((body) => [body.open_kfid, body.token])).toEqual([
      ["wkA", "T9"],
      ["wkB", "T9"],
    ]);
  });

  it("of another kind, without token and account, is acknowledged and does nothing", async () => {
    const kf = startKf();

    const response = await kf.channel.webhook?.(callback(innerXml({ event: "enter_agent" })));
    await settled();

    expect(response?.status).toBe(200);
    expect(kf.qyapi.calls).toHaveLength(0);
  });

  it("about changed accounts makes the channel list them anew", async () => {
    const kf = startKf();
    const more = "<AuthAddOpenKfId><![CDATA[wkA]]></AuthAddOpenKfId>";

    await kf.channel.webhook?.(callback(innerXml({ event: "kf_account_auth_change", more })));
    await settled();

    expect(kf.inbox.events).toMatchObject([{ kind: "account-changed", state: "added", name: "Support" }]);
  });

  it("for an account that the operator does not want served is acknowledged and not pulled", async () => {
    const kf = startKf({ config: { accounts: { deny: ["wkA"] } } });

    expect((await kf.ring("wkA")).status).toBe(200);
    expect(kf.qyapi.sent("kf/sync_msg")).toHaveLength(0);
  });

  it("that is too old is refused when the operator asks for that", async () => {
    const kf = startKf({ config: { callbackMaxSkewSeconds: 600 } });

    // The tests' callbacks are signed with a time three years ago.
    expect((await kf.ring()).status).toBe(401);
    expect(kf.qyapi.calls).toHaveLength(0);
  });
});

describe("closing the channel", () => {
  it("waits until the page in work is stored", async () => {
    const kf = startKf();
    await kf.ring();
    kf.qyapi.once("kf/sync_msg", page([said("in work")], { more: 1 }));
    let store = () => {};
    kf.inbox.before(
      ({ messages }) =>
        new Promise((resolve) => {
          if (messages.length === 0) resolve();
          else store = resolve;
        }),
    );
    await kf.clock.advance(1_000);
    await kf.ring();
    let closed = false;

    const closing = kf.channel.close?.().then(() => {
      closed = true;
    });
    await settled();
    const closedBefore = closed;
    store();
    await closing;

    expect(closedBefore).toBe(false);
    expect(kf.inbox.messages).toHaveLength(1);
    expect(kf.qyapi.sent("kf/sync_msg")).toHaveLength(2);
  });
});
