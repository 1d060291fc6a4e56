import { type OutboundContent, type OutboundMedia, outboundText } from "@wxgate/core";
import { filterMarkdown } from "./markdown.ts";

/** Text as it is shown, or something that is a message of its own. */
export type Block = string | OutboundMedia | Extract<OutboundContent, { kind: "native" }>;

/** Phones show a bot's text, pictures, videos and files; all else becomes words. */
export function degrade(content: OutboundContent): readonly Block[] {
  switch (content.kind) {
    case "text":
      return [content.format === "plain" ? content.text : filterMarkdown(content.text)];
    case "image":
    case "video":
    case "file":
      return [content];
    case "voice":
      // The platform takes voice and shows nothing, whatever the codec.
      return [{ ...content, kind: "file" }];
    case "native":
      return [content];
    case "link":
    case "articles":
    case "location":
    case "miniprogram":
    case "menu":
    case "card":
    case "handoff":
      return [outboundText(content)];
    default:
      return content satisfies never;
  }
}
