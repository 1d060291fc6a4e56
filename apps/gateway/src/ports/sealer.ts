import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "@wxgate/core";
import type { KeyFile } from "./keys.ts";

/** Keeps credentials unreadable at rest. */
export interface Sealer {
  seal(text: string): string;
  /** @throws Error when it was sealed with another key, or changed since. */
  open(sealed: string): string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM. A record is `<key id>.<base64url of iv, tag, ciphertext>`; the key id is authenticated with it. */
export function createSealer(keys: KeyFile, random: Random): Sealer {
  const key = keys.derive("sealed state");

  return {
    seal(text) {
      const iv = random.bytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(keys.id));
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return `${keys.id}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url")}`;
    },
    open(record) {
      const [id, body = ""] = record.split(".");
      if (id !== keys.id) {
        throw new Error(
          `sealed with key ${id}, but this gateway has key ${keys.id}: restore its key file, or log in again`,
        );
      }
      const bytes = Buffer.from(body, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(id))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
    },
  };
}
