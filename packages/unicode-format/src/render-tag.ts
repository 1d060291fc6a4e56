import { unescapeText } from "./entities.ts";
import type { MarkdownLeafOf } from "./events.ts";
import { readAttribute } from "./html-tags.ts";
import { BOLD, ITALIC, MONO, STRUCK } from "./letters.ts";
import { BULLETS, RULE } from "./marks.ts";
import type { Renderer } from "./renderer.ts";

/** What the looks of HTML's tags are; of the other tags, those that are no part of a line break it. */
const TAG_LOOKS: Readonly<Record<string, number>> = {
  b: BOLD,
  strong: BOLD,
  i: ITALIC,
  em: ITALIC,
  cite: ITALIC,
  dfn: ITALIC,
  var: ITALIC,
  kbd: MONO,
  samp: MONO,
  s: STRUCK,
  del: STRUCK,
  strike: STRUCK,
};
const TAGS_WITHIN_A_LINE: ReadonlySet<string> = new Set(
  "abbr big code font ins mark rp rt ruby small span sub u wbr".split(" "),
);

type OnTag = (tag: MarkdownLeafOf<"tag">, renderer: Renderer) => void;
const TAGS: Readonly<Record<string, OnTag>> = {
  a: ({ closing, attributes }, renderer) => {
    if (closing) renderer.address(renderer.links.leaveTag());
    else renderer.links.enterTag(unescapeText(readAttribute(attributes, "href") ?? ""));
  },
  img: ({ attributes }, renderer) => {
    renderer.links.enter(unescapeText(readAttribute(attributes, "src") ?? ""));
    const alt = unescapeText(readAttribute(attributes, "alt") ?? "");
    if (alt !== "") renderer.decodedText(alt);
    renderer.address(renderer.links.leave(true));
  },
  li: ({ closing }, { spans }) => {
    spans.newLine();
    if (!closing) spans.raw(BULLETS[0]!);
  },
  hr: (_tag, { spans }) => {
    spans.newLine();
    spans.raw(RULE);
    spans.newLine();
  },
  td: writeCellTag,
  th: writeCellTag,
  q: ({ closing }, { spans }) => spans.raw(closing ? "”" : "“"),
  sup: ({ closing }, { spans }) => {
    if (!closing) spans.raw("^");
  },
};

function writeCellTag({ closing }: MarkdownLeafOf<"tag">, renderer: Renderer): void {
  if (!closing && !renderer.isAtLineStart) renderer.spans.raw(" | ");
}

/** Writes what one of HTML's formatting tags means. */
export function renderTag(tag: MarkdownLeafOf<"tag">, renderer: Renderer): void {
  const look = TAG_LOOKS[tag.name];
  const onTag = TAGS[tag.name];
  if (look !== undefined) {
    if (tag.closing) renderer.spans.leave(look);
    else renderer.spans.enter(look);
  } else if (onTag) onTag(tag, renderer);
  else if (!TAGS_WITHIN_A_LINE.has(tag.name)) renderer.spans.newLine();
}
