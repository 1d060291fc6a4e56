import { hasMedia, type InboundContent, type Media, summarize } from "@wxgate/core";

/** One content as a line for somebody who sees only text: what a file is, and why it is missing when it is. */
export function describeContent(content: InboundContent): string {
  if (!hasMedia(content)) return summarize(content);
  if (content.kind === "voice" && content.transcript !== undefined) return content.transcript;
  return `[${[content.kind, ...describeMedia(content.media)].join(", ")}]`;
}

function describeMedia(media: Media): string[] {
  const name = media.filename === undefined ? [] : [media.filename];
  if ("error" in media) return [...name, `not available: ${media.error}`];
  if ("ref" in media) return name;
  return [...name, media.mime, readableBytes(media.bytes)];
}

function readableBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
