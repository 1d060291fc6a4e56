import type { JsonObject } from "../json.ts";
import type { StoredMedia } from "../media-store.ts";
import type { Corp } from "../qyapi/corps.ts";

/** A file on a screen, with the address the playground shows it from. */
export function mediaShown(corp: Corp, media: StoredMedia, baseUrl: string): JsonObject {
  const { id, mime, bytes, filename } = media;
  return { id, mime, bytes, filename, url: `${baseUrl}/control/media/${corp.corpId}/${id}` };
}

/** White space, zero-width characters and folded thinking show nothing. */
export function showsWords(content: string): boolean {
  const spoken = content.replace(/<think>[\s\S]*?(?:<\/think>|$)/g, "");
  return spoken.replace(/\s|\p{Default_Ignorable_Code_Point}/gu, "") !== "";
}
