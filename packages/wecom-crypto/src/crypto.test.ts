import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCrypto, decodeKey, sameKey, WecomCryptoError } from "./index.ts";

interface Vector {
  id: string;
  note: string;
  encodingAESKey: string;
  aesKeyHex: string;
  token: string;
  timestamp: string;
  nonce: string;
  receiveId: string;
  randomHex: string;
  plaintext: string;
  plaintextBytes: number;
  cipherLength: number;
  encrypt: string;
  signature: string;
}
type NegativeVector = Pick<
  Vector,
  "id" | "note" | "encodingAESKey" | "token" | "timestamp" | "nonce" | "receiveId" | "encrypt" | "signature"
> & { expect: string };
type KfVector = Omit<Vector, "receiveId" | "randomHex"> & {
  expect: string;
  corpId: string;
  frameReceiveId: string;
  random: string;
};

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8")) as T;
const positive = fixture<Vector[]>("positive");
const negative = fixture<NegativeVector[]>("negative");
const kf = fixture<KfVector[]>("kf");
const bot = fixture<(Omit<KfVector, "expect"> & { receiveId: string })[]>("bot");
const official = fixture<Omit<Vector, "id" | "note">>("official-sample");
const P1 = positive[0]!;

const fixedRandom = (random: Uint8Array) => (bytes: Uint8Array) => bytes.set(random);
const refusal = (work: () => unknown): WecomCryptoError => {
  try {
    work();
  } catch (error) {
    if (error instanceof WecomCryptoError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

describe("positive vectors", () => {
  it.each(positive)("$id encrypts to the published text: $note", (v) => {
    const crypto = createCrypto({ ...v, fillRandom: fixedRandom(Buffer.from(v.randomHex, "hex")) });

    expect(crypto.encrypt(v.plaintext)).toBe(v.encrypt);
  });

  it.each(positive)("$id is signed as published", (v) => {
    const crypto = createCrypto(v);

    expect(crypto.sign(v)).toBe(v.signature);
    expect(crypto.verify(v.signature, v)).toBe(true);
  });

  it.each(positive)("$id decrypts to the published plaintext", (v) => {
    const frame = createCrypto(v).decrypt(v.encrypt);

    expect(frame.message.toString()).toBe(v.plaintext);
    expect(frame.message).toHaveLength(v.plaintextBytes);
    expect(frame.receiveId).toBe(v.receiveId);
  });

  it.each(positive)("$id has the published AES key", (v) => {
    expect(decodeKey(v.encodingAESKey).toString("hex")).toBe(v.aesKeyHex);
  });

  it("agrees with the sample of the official library", () => {
    const crypto = createCrypto(official);

    expect(crypto.verify(official.signature, official)).toBe(true);
    expect(crypto.decrypt(official.encrypt).message.toString()).toBe(official.plaintext);
  });
});

describe("negative vectors", () => {
  it.each(negative.filter((v) => v.id !== "N1"))("$id has a right signature, so that it reaches decryption", (v) => {
    expect(createCrypto(v).verify(v.signature, v)).toBe(true);
  });

  it("N1 is a wrong signature", () => {
    const v = negative.find(({ id }) => id === "N1")!;

    expect(createCrypto(v).verify(v.signature, v)).toBe(false);
  });

  it.each(negative.filter((v) => /^-\d/.test(v.expect) && v.id !== "N1"))("$id is refused: $note", (v) => {
    const allowed = (v.expect.match(/-\d{5}/g) ?? []).map(Number);

    expect(allowed).toContain(refusal(() => createCrypto(v).decrypt(v.encrypt)).code);
  });

  it("N17 is refused: a message that is not UTF-8", () => {
    const v = negative.find(({ id }) => id === "N17")!;

    expect(refusal(() => createCrypto(v).decrypt(v.encrypt)).kind).toBe("buffer");
  });

  it("N19 is tolerated: a frame padded to 48 bytes", () => {
    const v = negative.find(({ id }) => id === "N19")!;

    expect(createCrypto(v).decrypt(v.encrypt).receiveId).toBe("");
  });

  it("gives one public message for all decryption failures", () => {
    const messages = negative
      .filter((v) => v.id !== "N1" && v.id !== "N19")
      .map((v) => refusal(() => createCrypto(v).decrypt(v.encrypt)).message);

    expect(new Set(messages).size).toBe(1);
  });
});

describe("vectors of the KF reference", () => {
  it.each(kf)("$id is signed as published", (v) => {
    expect(createCrypto(v).verify(v.signature, v)).toBe(true);
  });

  it.each(kf)("$id encrypts to the published text", (v) => {
    const crypto = createCrypto({ ...v, fillRandom: fixedRandom(Buffer.from(v.random)) });

    expect(crypto.encrypt(v.plaintext, v.frameReceiveId)).toBe(v.encrypt);
  });

  it.each(kf.filter((v) => v.expect === "ok"))("$id decrypts for the corp", (v) => {
    const crypto = createCrypto({ ...v, receiveId: v.corpId });

    expect(crypto.decrypt(v.encrypt).message.toString()).toBe(v.plaintext);
  });

  it.each(kf.filter((v) => v.expect !== "ok"))("$id was made for another corp and is refused", (v) => {
    const crypto = createCrypto({ ...v, receiveId: v.corpId });

    expect(refusal(() => crypto.decrypt(v.encrypt)).code).toBe(-40005);
  });
});

describe("vectors of the bot reference", () => {
  it.each(bot)("encrypt, sign and decrypt as published for the receiver $receiveId", (v) => {
    const crypto = createCrypto({ ...v, fillRandom: fixedRandom(Buffer.from(v.random)) });

    expect(crypto.encrypt(v.plaintext)).toBe(v.encrypt);
    expect(crypto.sign(v)).toBe(v.signature);
    expect(crypto.decrypt(v.encrypt).message.toString()).toBe(v.plaintext);
  });

  it("are accepted whoever the receiver is, when none is configured", () => {
    const receivers = bot.map((v) => createCrypto({ ...v, receiveId: "" }).decrypt(v.encrypt).receiveId);

    expect(receivers).toEqual(["", "wwcorp"]);
  });
});

describe("keys", () => {
  it("are the same for the four texts that differ in the two spare bits only", () => {
    const base = P1.encodingAESKey.slice(0, 42);
    const keys = ["E", "F", "G", "H"].map((last) => decodeKey(base + last));

    expect(keys.every((key) => sameKey(key, keys[0]!))).toBe(true);
  });

  it("are recognised as shared by what they decode to", () => {
    const crypto = createCrypto(P1);
    const spelledOtherwise = createCrypto({ ...P1, encodingAESKey: `${P1.encodingAESKey.slice(0, 42)}H` });
    const other = createCrypto({ ...P1, encodingAESKey: "A".repeat(43), token: "another" });

    expect(crypto.sharesKey(spelledOtherwise)).toBe(true);
    expect(crypto.sharesKey(other)).toBe(false);
    expect(crypto.sharesToken(spelledOtherwise)).toBe(true);
    expect(crypto.sharesToken(other)).toBe(false);
  });

  it("may end in = and may stand between spaces", () => {
    expect(decodeKey(` ${P1.encodingAESKey}=\n`).toString("hex")).toBe(P1.aesKeyHex);
  });

  it.each(["", "A", "A".repeat(42), "A".repeat(44), `${"A".repeat(42)}*`, `${"A".repeat(42)}-`, `${"A".repeat(43)}==`])(
    "are refused with -40004: %j",
    (text) => {
      expect(refusal(() => decodeKey(text)).code).toBe(-40004);
    },
  );

  it("never appear in the message of a refusal", () => {
    const secret = "CANARYcanaryCANARYcanary*CANARYcanaryCANARY";

    expect(refusal(() => decodeKey(secret)).message).not.toContain("CANARY");
  });

  it("and tokens are not shown when the crypto is inspected or serialised", () => {
    const crypto = createCrypto({ ...P1, token: "CANARYtoken" });

    const shown = inspect(crypto, { depth: 9, showHidden: true }) + JSON.stringify(crypto);

    expect(shown).not.toMatch(/CANARY|db0812|db 08 12/);
  });

  it("need a token beside them", () => {
    expect(() => createCrypto({ ...P1, token: "" })).toThrow("token");
    expect(() => createCrypto({ ...P1, token: "tok en" })).toThrow("whitespace");
  });
});

describe("signatures", () => {
  it.each(["", "eb7d", "x".repeat(40), `${P1.signature}0`, P1.signature.slice(1), `${P1.signature.slice(0, 39)}é`])(
    "are refused when they are not 40 hexadecimal digits: %j",
    (signature) => {
      expect(createCrypto(P1).verify(signature, P1)).toBe(false);
    },
  );

  it("keep the leading zeros of a nonce", () => {
    expect(createCrypto(P1).verify(P1.signature, { ...P1, nonce: String(Number(P1.nonce)) })).toBe(false);
  });

  it("are made over the sorted parts, whatever their order", () => {
    const crypto = createCrypto({ ...P1, token: "b" });

    expect(crypto.sign({ timestamp: "a", nonce: "c", encrypt: "d" })).toBe(
      crypto.sign({ timestamp: "d", nonce: "a", encrypt: "c" }),
    );
  });
});

describe("decryption", () => {
  it("accepts any receiver when none is expected, and names it", () => {
    const frame = createCrypto({ ...P1, receiveId: "" }).decrypt(P1.encrypt);

    expect(frame.receiveId).toBe(P1.receiveId);
  });

  it("gives back what was encrypted", () => {
    const crypto = createCrypto(P1);

    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const wellFormed = Buffer.from(text).toString();
        expect(crypto.decrypt(crypto.encrypt(wellFormed)).message.toString()).toBe(wellFormed);
      }),
    );
  });

  it("does not depend on what went through the same key before", () => {
    const fillRandom = fixedRandom(Buffer.from(P1.randomHex, "hex"));
    const crypto = createCrypto({ ...P1, fillRandom });

    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), fc.uint8Array({ minLength: 1, maxLength: 4 }), (text, filler) => {
        crypto.encrypt(text);
        const foreign = Buffer.concat(Array.from(filler, (byte) => Buffer.alloc(16, byte)));
        refusal(() => crypto.decrypt(foreign.toString("base64")));
        expect(crypto.encrypt(P1.plaintext)).toBe(P1.encrypt);
        expect(crypto.decrypt(P1.encrypt).message.toString()).toBe(P1.plaintext);
      }),
    );
  });

  it("uses fresh random bytes for every message", () => {
    const crypto = createCrypto(P1);

    const encrypted = new Set(Array.from({ length: 1_000 }, () => crypto.encrypt("hi")));

    expect(encrypted.size).toBe(1_000);
  });

  it("refuses arbitrary text with an error of its own and nothing else", () => {
    const crypto = createCrypto(P1);

    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.base64String()), (text) => {
        expect(refusal(() => crypto.decrypt(text))).toBeInstanceOf(WecomCryptoError);
      }),
    );
  });

  it.each([
    `${P1.encrypt.slice(0, 20)}\n${P1.encrypt.slice(20)}`,
    `=${P1.encrypt.slice(1)}`,
    P1.encrypt.replace("+", "-"),
    "A",
    `${"A".repeat(21)}Ł==`,
  ])("refuses what is not plain Base64: %j", (text) => {
    expect(refusal(() => createCrypto(P1).decrypt(text)).kind).toBe("base64");
  });
});
