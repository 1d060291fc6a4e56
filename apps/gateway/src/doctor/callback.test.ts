import { createCrypto } from "@wxgate/wecom-crypto";
import { describe, expect, it } from "vitest";
import { type CallbackReceiver, type CallbackSample, diagnoseCallback } from "./callback.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");
const KEY = "2wgSqGrnzYN2884VE2DB2Je22gxxXmGrpgsGKzvQxwE";
const OTHER_KEY = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const app: CallbackReceiver = {
  id: "app",
  format: "xml",
  paths: ["/app"],
  token: "app-token",
  encodingAESKey: KEY,
  receiveId: "ww1",
};
const bot: CallbackReceiver = { ...app, id: "bot", format: "json", paths: ["/bot"], token: "bot-token", receiveId: "" };

/** As the platform sends it. */
function callback(from: CallbackReceiver, { path = "/app", isCheck = false, receiver = "ww1" } = {}): CallbackSample {
  // A text whose encryption holds a "+".
  const crypto = createCrypto({ ...from, receiveId: receiver, fillRandom: (bytes) => bytes.fill(7) });
  let encrypt = "";
  for (let count = 0; !encrypt.includes("+"); count++) encrypt = crypto.encrypt(`<xml>${count}</xml>`);
  const parts = { timestamp: String(NOW / 1000), nonce: "n1", encrypt };
  const query = `msg_signature=${crypto.sign(parts)}&timestamp=${parts.timestamp}&nonce=n1`;
  const url = `https://example.com${path}?${query}`;
  if (isCheck) return { url: `${url}&echostr=${encodeURIComponent(encrypt)}` };
  const body =
    from.format === "xml" ? `<xml><Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>` : JSON.stringify({ encrypt });
  return { url, body };
}

/** What is wrong, as `check: message`. */
function troubles(
  sample: CallbackSample,
  receivers: readonly CallbackReceiver[] = [app, bot],
  now = NOW,
): readonly string[] {
  return diagnoseCallback(sample, receivers, now)
    .filter(({ result }) => result !== "ok")
    .map(({ check, message }) => `${check}: ${message}`);
}

describe("a callback that is right", () => {
  it.each([
    ["a message of an app", callback(app)],
    ["the check of an address", callback(app, { isCheck: true })],
    ["a message of a bot", callback(bot, { path: "/bot", receiver: "" })],
  ])("has nothing wrong: %s", (_, sample) => {
    expect(troubles(sample)).toEqual([]);
  });
});

describe("a callback that is refused", () => {
  const right = callback(app);
  const [address = "", query = ""] = right.url.split("?");
  const body = right.body ?? "";
  const swapped = (from: RegExp, to: string): CallbackSample => ({ url: right.url.replace(from, to), body });
  const CASES: readonly (readonly [string, CallbackSample, readonly CallbackReceiver[], RegExp])[] = [
    ["the proxy eats the query", { url: address, body }, [app], /^query: there is none: the proxy/],
    ["a parameter is lost", swapped(/&nonce=n1/, ""), [app], /^query: nonce is missing/],
    ["another product's", swapped(/msg_signature/, "signature"), [app], /^query: it has `signature` instead/],
    [
      "the path is nobody's",
      swapped(/\/app/, "/old"),
      [app],
      /^address: no channel answers at \/old; the paths are \/app/,
    ],
    ["the token differs", right, [{ ...app, token: "other" }], /^token: the signature is wrong though the key of app/],
    [
      "token and key differ",
      right,
      [{ ...app, token: "x", encodingAESKey: OTHER_KEY }],
      /^token: the signature is wrong for app/,
    ],
    ["the key differs", right, [{ ...app, encodingAESKey: OTHER_KEY }], /^key: the content cannot be decrypted/],
    [
      "the enterprise differs",
      right,
      [{ ...app, receiveId: "ww2" }],
      /^receiveid: it is meant for "ww1", and app is "ww2"/,
    ],
    [
      "XML on the bot's path",
      callback(app, { path: "/bot" }),
      [app, bot],
      /^body: it is an app's .* XML, on an AI bot's path/,
    ],
    ["JSON on the app's path", callback(bot), [app, bot], /^body: it is an AI bot's JSON/],
    [
      "on another channel's path",
      callback({ ...bot, format: "xml" }),
      [app, bot],
      /^address: the signature is right for bot/,
    ],
    ["the body is empty", { url: right.url, body: "" }, [app], /^body: it is empty/],
    [
      "it was decrypted on the way",
      { url: right.url, body: "<xml><Content>hi</Content></xml>" },
      [app],
      /^body: it holds no <Encrypt>/,
    ],
    ["the body is something else", { url: right.url, body: "hello" }, [app], /^body: it is neither XML nor JSON/],
    ["no address", { url: "app?x" }, [app], /^address: it is no whole address/],
  ];

  it.each(CASES)("is told why: %s", (_, sample, receivers, cause) => {
    expect(troubles(sample, receivers)).toContainEqual(expect.stringMatching(cause));
  });

  it("is told that a plus became a space, and that the rest is right", () => {
    const { url } = callback(app, { isCheck: true });

    const spoilt = { url: url.replaceAll("%2B", "%20") };

    expect(troubles(spoilt)).toEqual([expect.stringMatching(/^query: a "\+" was turned into a space/)]);
  });

  it("is told that it is old, which only matters when it was taken just now", () => {
    expect(troubles(right, [app], NOW + 3_600_000)).toEqual([expect.stringMatching(/^time: it is 3600 s old/)]);
  });

  it("is told nothing of tokens and keys", () => {
    const all = CASES.flatMap(([, sample, receivers]) => diagnoseCallback(sample, receivers, NOW));

    const words = JSON.stringify(all);

    for (const secret of [KEY, OTHER_KEY, "app-token", "bot-token"]) expect(words).not.toContain(secret);
    expect(query).not.toBe("");
  });
});
