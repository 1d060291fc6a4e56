import { createHash } from "node:crypto";

/** The id of one more message that is sent in the place of the one with this id: stable over attempts, as that is. */
export function followUpId(id: string, part: number): string {
  return createHash("sha256").update(`${id}/${part}`).digest("base64url").slice(0, 32);
}
