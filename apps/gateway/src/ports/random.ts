import { randomBytes } from "node:crypto";
import type { Random } from "@wxgate/core";

export const systemRandom: Random = {
  bytes: (bytes) => randomBytes(bytes),
  fraction: () => Math.random(),
};
