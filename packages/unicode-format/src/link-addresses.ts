import { Stack } from "./stack.ts";

const HASH = 0x23;

/** The most that `bareAddress` takes off. */
const MAX_TRIMMED = "https:///".length;

function bareAddress(url: string): string {
  return url.replace(/^(?:https?:\/\/|mailto:)/i, "").replace(/\/$/, "");
}

function isSameAddress(text: string, url: string): boolean {
  if (Math.abs(text.length - url.length) > MAX_TRIMMED) return false;
  return text === url || bareAddress(text) === bareAddress(url);
}

function leadsNowhere(url: string): boolean {
  return url === "" || url.charCodeAt(0) === HASH || (!url.startsWith("http") && /^(?:javascript|data):/i.test(url));
}

interface Link {
  readonly url: string;
  /** How many pieces of text stood before it. */
  readonly pieces: number;
}

/** Knows what stands inside the links that are open, and so what must stand behind them. */
export class LinkAddresses {
  private readonly open = new Stack<Link>();
  private tag: Link | undefined = undefined;
  private pieces = 0;
  private lastPiece = "";
  /** Whether the address that was given last stands in parentheses behind the link's text, and not for it. */
  isInParentheses = false;

  /** Whether a link is open, which wants to see what stands in it. */
  get isOpen(): boolean {
    return this.open.size > 0 || this.tag !== undefined;
  }

  /** Whether one of HTML's links is open. */
  get isTagOpen(): boolean {
    return this.tag !== undefined;
  }

  /** Sees a piece of text, which all open links hold. */
  see(piece: string): void {
    this.pieces++;
    this.lastPiece = piece;
  }

  enter(url: string): void {
    this.open.push({ url, pieces: this.pieces });
  }

  /** What stands for the address of the innermost link or image. */
  leave(isImage: boolean): string {
    const link = this.open.pop();
    return link ? this.addressOf(link, isImage) : "";
  }

  enterTag(url: string): void {
    this.tag = { url, pieces: this.pieces };
  }

  leaveTag(): string {
    const { tag } = this;
    if (!tag) return "";
    this.tag = undefined;
    return this.addressOf(tag, false);
  }

  /** The address behind a link's text, unless the text already is the address, or it leads nowhere outside the page. */
  private addressOf({ url, pieces }: Link, isImage: boolean): string {
    const written = this.pieces - pieces;
    this.isInParentheses = false;
    if (leadsNowhere(url)) return isImage && written === 0 ? "[image]" : "";
    if (written === 0) return url;
    this.isInParentheses = written > 1 || !isSameAddress(this.lastPiece, url);
    return this.isInParentheses ? url : "";
  }
}
