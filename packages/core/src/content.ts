import type { JsonObject, JsonValue } from "./json.ts";

/** A file somebody sent: named by its channel until it is fetched, kept by its hash afterwards. */
export type Media = PendingMedia | StoredMedia | FailedMedia;
export interface PendingMedia {
  /** What the channel's `openMedia` needs; opaque to everybody else. */
  readonly ref: MediaRef;
  readonly filename?: string;
}
export interface StoredMedia {
  readonly id: string;
  readonly mime: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly filename?: string;
  /** Signed address on the admin server; added when the content is handed to an agent, never stored. */
  readonly url?: string;
}
export interface FailedMedia {
  /** Why it could not be fetched, in words an agent can repeat. */
  readonly error: string;
  readonly filename?: string;
}
export type MediaRef = JsonObject;

export type Sender = {
  readonly id: string;
  readonly name?: string;
  readonly avatarUrl?: string;
};

/** What a person sent. Agents see this JSON with exactly these names. */
export type InboundContent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image" | "video" | "file"; readonly media: Media }
  | { readonly kind: "voice"; readonly media: Media; readonly transcript?: string }
  | {
      readonly kind: "location";
      readonly latitude: number;
      readonly longitude: number;
      readonly name?: string;
      readonly address?: string;
    }
  | {
      readonly kind: "link";
      readonly url: string;
      readonly title: string;
      readonly description?: string;
      readonly imageUrl?: string;
    }
  | { readonly kind: "contact"; readonly userId: string; readonly name?: string }
  | { readonly kind: "miniprogram"; readonly appId: string; readonly title: string; readonly path?: string }
  | {
      readonly kind: "channels";
      readonly type: "post" | "live" | "profile";
      readonly nickname: string;
      readonly title?: string;
    }
  | {
      readonly kind: "product";
      readonly productId: string;
      readonly title: string;
      /** As the platform writes it, in fen (1/100 CNY). */
      readonly priceFen?: number;
      readonly shop?: string;
      readonly imageUrl?: string;
    }
  | {
      readonly kind: "order";
      readonly orderId: string;
      readonly title: string;
      readonly price?: string;
      readonly state?: string;
      readonly shop?: string;
      readonly imageUrl?: string;
    }
  /** A menu item was tapped. */
  | { readonly kind: "choice"; readonly id: string; readonly text: string }
  /** A button or form of a template card was used. */
  | {
      readonly kind: "action";
      readonly taskId: string;
      readonly key: string;
      readonly cardType: string;
      readonly selections: readonly { readonly question: string; readonly options: readonly string[] }[];
    }
  /** An earlier answer was rated; comes with the next thing that is said. */
  | ({ readonly kind: "feedback"; readonly by: string; readonly about?: string } & Rating)
  | { readonly kind: "forwarded"; readonly title: string; readonly items: readonly ForwardedItem[] }
  | { readonly kind: "unsupported"; readonly nativeType: string; readonly raw: JsonValue };

/** What somebody thinks of an answer. */
export interface Rating {
  /** The platform's id of the answer. */
  readonly messageId?: string;
  /** "good", "bad", "withdrawn" (what was said before counts no more), or the platform's own word. */
  readonly score: string;
  readonly text?: string;
  readonly reasons?: readonly string[];
}

export interface ForwardedItem {
  readonly sender: string;
  readonly sentAt?: string;
  readonly content: InboundContent;
}

/** A message that another one answers. A bare id is completed by `inbox.find`. */
export interface Quote {
  readonly messageId?: string;
  readonly sender?: Sender;
  readonly content?: readonly InboundContent[];
}

/** Where the bytes of an outgoing file come from: exactly one of them. */
export interface MediaSource {
  /** http(s); fetched through the guard against private networks. */
  readonly url?: string;
  /** Only under the channel's `mediaLocalRoots`, by real path. */
  readonly path?: string;
  /** The platform's own media id, already uploaded. */
  readonly mediaId?: string;
  /** The content itself, for files made from text. */
  readonly text?: string;
}
export type MediaKind = "image" | "voice" | "video" | "file";
export type OutboundMedia = MediaSource & { readonly kind: MediaKind; readonly filename?: string };

export type MenuItem =
  | { readonly id: string; readonly text: string }
  | { readonly url: string; readonly text: string }
  | { readonly appId: string; readonly path: string; readonly text: string }
  | { readonly text: string };

export interface Article {
  readonly title: string;
  readonly description?: string;
  readonly url: string;
  readonly imageUrl?: string;
}

/** What an agent, an operator or a schedule sends. */
export type OutboundContent =
  | {
      readonly kind: "text";
      readonly text: string;
      readonly format?: "markdown" | "plain";
      /** What the model thought before it: added by the dispatcher for a channel that shows thoughts, never by an agent. */
      readonly thought?: string;
    }
  | OutboundMedia
  | {
      readonly kind: "link";
      readonly title: string;
      readonly description?: string;
      readonly url: string;
      /** The picture beside it. */
      readonly image?: MediaSource;
    }
  | { readonly kind: "articles"; readonly items: readonly Article[] }
  | {
      readonly kind: "location";
      readonly latitude: number;
      readonly longitude: number;
      readonly name?: string;
      readonly address?: string;
    }
  | {
      readonly kind: "miniprogram";
      readonly appId: string;
      readonly title?: string;
      readonly path: string;
      readonly image?: MediaSource;
    }
  | { readonly kind: "menu"; readonly head?: string; readonly items: readonly MenuItem[]; readonly tail?: string }
  /** A WeCom template card, checked and completed by the channel. */
  | { readonly kind: "card"; readonly card: JsonObject }
  /** Give the conversation to a human, where the platform knows that. */
  | { readonly kind: "handoff"; readonly operator?: string; readonly text?: string }
  /** The platform's own JSON, sent as it is. */
  | { readonly kind: "native"; readonly payload: JsonObject };

/** Kinds of `InboundContent` that carry a file. */
export type MediaContent = Extract<InboundContent, { media: Media }>;

export function hasMedia(content: InboundContent): content is MediaContent {
  return "media" in content;
}

/** One line that stands for a piece of content in lists, logs of bodies, quotes and text-only agents. */
export function summarize(content: InboundContent): string {
  switch (content.kind) {
    case "text":
      return content.text;
    case "voice":
      return content.transcript ?? "[voice]";
    case "image":
    case "video":
      return `[${content.kind}]`;
    case "file":
      return content.media.filename === undefined ? "[file]" : `[file] ${content.media.filename}`;
    case "location":
      return `[location] ${content.name || content.address || `${content.latitude}, ${content.longitude}`}`;
    case "link":
      return `${content.title} ${content.url}`;
    case "contact":
      return `[contact] ${content.name ?? content.userId}`;
    case "miniprogram":
      return `[mini program] ${content.title}`;
    case "channels":
      return `[channels ${content.type}] ${content.nickname}${content.title === undefined ? "" : `: ${content.title}`}`;
    case "product":
      return `[product] ${content.title}`;
    case "order":
      return `[order] ${content.orderId} ${content.title}`;
    case "choice":
      return content.text;
    case "action":
      return `[action] ${content.key}`;
    case "feedback":
      return summarizeRating(content);
    case "forwarded":
      return `[forwarded] ${content.title}\n${content.items.map((item) => `${item.sender}: ${summarize(item.content)}`).join("\n")}`;
    case "unsupported":
      return `[unsupported: ${content.nativeType}]`;
    default:
      return content satisfies never;
  }
}

function summarizeRating({ score, about, text, reasons = [] }: Extract<InboundContent, { kind: "feedback" }>): string {
  const why = reasons.length === 0 ? "" : ` (${reasons.join(", ")})`;
  const which = about === undefined ? "" : ` about "${about}"`;
  return `[feedback] ${score}${why}${which}${text === undefined ? "" : `: ${text}`}`;
}

/** What the person said, one line per content; empty content gives an empty string. */
export function textOf(content: readonly InboundContent[]): string {
  return content.map(summarize).join("\n");
}
