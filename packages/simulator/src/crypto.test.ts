import { describe, expect, it } from "vitest";
import { decodeAesKey, encryptFrame, sign } from "./crypto.ts";

const TOKEN = "simToken2024";
const KEY = decodeAesKey("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
const CORP = "ww1234567890abcdef";
const prefix = Buffer.from("0123456789abcdef");
const NEWS =
  "<xml><ToUserName><![CDATA[ww1234567890abcdef]]></ToUserName><CreateTime>1700000001</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[ENCSIMTOKEN0001]]></Token><OpenKfId><![CDATA[wkSIM0001]]></OpenKfId></xml>";

// Vectors of the protocol reference, made with another implementation.
const VECTORS = [
  {
    name: "the check of an address",
    message: "5927782489442352469",
    corp: CORP,
    at: ["1700000000", "998877"],
    encrypt: "Q3stYC6hdFzMh9T8HCvyDOjpXLNauJhx2jaflIofLlVnxFjODeL0vb3zQ2L8R+ZK2Ik/6HSYcODYZKOAQ/Uvsg==",
    signature: "00038c38d4443a1fbe8db01385663385d8aa1c95",
  },
  {
    name: "the doorbell",
    message: NEWS,
    corp: CORP,
    at: ["1700000001", "112233"],
    encrypt:
      "Q3stYC6hdFzMh9T8HCvyDJd3XGghJQYcUf1O/1QxqEz2TnDQfMv8c6pEsgjuURY+Gv1YCH3TXKQteKJNFVJYtqKrqwTcjht2xVVfF3tw98KrewJmC6/Gn0gtabuuTVF0mUvNGEMbtyhF541nKpKH7ne5S1Chd3yUpxaD+e0DOBXvnzLJUHXUuRYLP6XjbchFBG9sGuNPnpVz7UrN5kBVtbajzkhYb6ar/mVJM1E+4sMQg3E7M7ybIbZnZpH2T8nTguHoKWr/DuJTDUiU4EPiqDCwf/nK/wPFjQ6Vu9o4BOEJ3Za4NfmimkEkk0S+GgYcjNz/o5sK7YMMtL0N9V3rf65667LVfWJw6uZE/12VSMKo7BzFJ3dk6JeSzUKs32S1zsV2dlsRVAqXZVvcCHLrMeucZCJbCpx9UGSCc9qRLik=",
    signature: "22530fca0dd949458b694170125e37a2700f836c",
  },
  {
    name: "a whole block of padding",
    message: "x".repeat(26),
    corp: CORP,
    at: ["1700000002", "445566"],
    encrypt:
      "Q3stYC6hdFzMh9T8HCvyDHDxbrF7f8TfmYxXSN1y2VZW6cJciwduFWqR/1kOoL39a05bKL02u8r5VWr/o2X0OSWuafq3vK318Y2AemG841CQdZiG5JoDRPNeId+8qW8v",
    signature: "b010ffb7f722448c9dd2fc7e69d2939e242500ec",
  },
  {
    name: "another receiver",
    message: "hello",
    corp: "wwWRONGcorp0000000",
    at: ["1700000003", "778899"],
    encrypt: "Q3stYC6hdFzMh9T8HCvyDNMlEDOF0ZcCdofL2Sxz6HQ1CSqzpJshbwmsbfYC8B8BYZhLuvNQKKbjfNldb7ptnw==",
    signature: "342e2558326c8d40e62e5d44e08d07f0e7f7cf32",
  },
] as const;

describe("callback envelope", () => {
  it.each(VECTORS)("encrypts and signs $name as the reference does", ({ message, corp, at, encrypt, signature }) => {
    const encrypted = encryptFrame(KEY, message, corp, { prefix });

    expect(encrypted).toBe(encrypt);
    expect(sign(TOKEN, at[0], at[1], encrypted)).toBe(signature);
  });

  it("refuses a key that is not 43 characters", () => {
    expect(() => decodeAesKey("short")).toThrow("exactly 43 characters");
  });
});
