import { createHash, createHmac, randomBytes } from "node:crypto";

/** Opaque cursors: a position and its account, salted so that two cursors for one position differ. */
export function encodeCursor(openKfId: string, position: number): string {
  const salt = randomBytes(8);
  const body = Buffer.alloc(12);
  body.writeBigUInt64BE(BigInt(position));
  accountMark(openKfId).copy(body, 8);
  return Buffer.concat([salt, mask(body, salt)]).toString("base64url");
}

/** The position, or `undefined` when this is no cursor of that account. */
export function decodeCursor(openKfId: string, cursor: string): number | undefined {
  const bytes = Buffer.from(cursor, "base64url");
  if (bytes.length !== 20 || bytes.toString("base64url") !== cursor) return undefined;
  const body = mask(bytes.subarray(8), bytes.subarray(0, 8));
  if (!body.subarray(8).equals(accountMark(openKfId))) return undefined;
  return Number(body.readBigUInt64BE());
}

function accountMark(openKfId: string): Buffer {
  return createHash("sha256").update(openKfId).digest().subarray(0, 4);
}

function mask(body: Buffer, salt: Buffer): Buffer {
  const key = createHash("sha256").update(salt).digest();
  return Buffer.from(body.map((byte, index) => byte ^ (key[index] as number)));
}

/** The callback's short-lived Token for sync_msg: it carries its own account and expiry, so none is stored. */
export interface MessageTokens {
  issue(openKfId: string, expiresAt: number): string;
  isValid(token: string, openKfId: string, now: number): boolean;
  /** From now on every token given out before is invalid. */
  forget(): void;
}

export function createMessageTokens(): MessageTokens {
  let key = randomBytes(32);
  const seal = (openKfId: string, head: Buffer) =>
    createHmac("sha256", key).update(openKfId).update(head).digest().subarray(0, 12);
  return {
    issue(openKfId, expiresAt) {
      const head = Buffer.alloc(14);
      head.writeUIntBE(Math.floor(expiresAt), 0, 6);
      randomBytes(8).copy(head, 6);
      return `ENC${Buffer.concat([head, seal(openKfId, head)]).toString("base64url")}`;
    },
    isValid(token, openKfId, now) {
      if (!token.startsWith("ENC")) return false;
      const bytes = Buffer.from(token.slice(3), "base64url");
      if (bytes.length !== 26) return false;
      const head = bytes.subarray(0, 14);
      return bytes.subarray(14).equals(seal(openKfId, head)) && head.readUIntBE(0, 6) > now;
    },
    forget() {
      key = randomBytes(32);
    },
  };
}
