import type { Piece } from "./channel.ts";
import type { OutboundContent } from "./content.ts";

/** What a channel's `stage` makes of each content, one or several; the piece itself where nothing changed. */
export async function mapPiece(
  piece: Piece,
  work: (content: OutboundContent) => Promise<OutboundContent | readonly OutboundContent[]>,
): Promise<Piece> {
  const content = (await Promise.all(piece.content.map(work))).flat();
  const isSame = content.length === piece.content.length && content.every((part, at) => part === piece.content[at]);
  return isSame ? piece : { content };
}
