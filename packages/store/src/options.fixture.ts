import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Clock, Logger, Random } from "@wxgate/core";
import type { Sealer, StoreOptions } from "./index.ts";

export const random: Random = { bytes: (count) => randomBytes(count), fraction: () => Math.random() };
export const log: Logger = { child: () => log, debug() {}, info() {}, warn() {}, error() {} };

export const wallClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

export function testOptions(): StoreOptions {
  return { clock: wallClock, random, log };
}

/** AES-256-GCM under a key of its own. */
export function createTestSealer(): Sealer {
  const key = randomBytes(32);
  return {
    seal(text) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, iv);
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64");
    },
    open(text) {
      const bytes = Buffer.from(text, "base64");
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(12, 28));
      return decipher.update(bytes.subarray(28), undefined, "utf8") + decipher.final("utf8");
    },
  };
}
