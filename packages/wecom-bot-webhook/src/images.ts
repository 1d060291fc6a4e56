import { createHash } from "node:crypto";
import { type ChannelPorts, isObject, textField } from "@wxgate/core";
import type { WecomApi } from "@wxgate/wecom-api";

/** A picture as the last packet of a bubble carries it. */
export interface PacketImage {
  readonly base64: string;
  /** Of the bytes, hexadecimal. */
  readonly md5: string;
}

/** Pictures between their staging and the fetch of their bubble, on whatever gateway that is. */
export interface Images {
  /** Stands where other channels upload. */
  readonly uploadMedia: WecomApi["uploadMedia"];
  find(key: string): Promise<PacketImage | undefined>;
}

const KEPT_MS = 2 * 3_600_000;

export function createImages({ state, random, clock }: Pick<ChannelPorts, "state" | "random" | "clock">): Images {
  return {
    async uploadMedia(_kind, file) {
      const parts: Uint8Array[] = [];
      for await (const part of await file.open()) parts.push(part);
      const bytes = Buffer.concat(parts);
      const md5 = createHash("md5").update(bytes).digest("hex");
      const mediaId = `image:${Buffer.from(random.bytes(12)).toString("hex")}`;
      await state.set(mediaId, { base64: bytes.toString("base64"), md5 }, { ttlMs: KEPT_MS });
      return { mediaId, createdAtMs: clock.now() };
    },
    async find(key) {
      const raw = await state.get(key);
      const base64 = isObject(raw) ? textField(raw, "base64") : undefined;
      const md5 = isObject(raw) ? textField(raw, "md5") : undefined;
      return base64 === undefined || md5 === undefined ? undefined : { base64, md5 };
    },
  };
}
