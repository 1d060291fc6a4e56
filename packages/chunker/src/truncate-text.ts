import { graphemeFloor } from "./graphemes.ts";
import { measureOf, type TextLimit } from "./measure.ts";

/**
 * The text itself when it is within the limit, else as many of its graphemes as fit, followed by `ellipsis`; the whole
 * is within the limit. For titles and previews: what a person must read in full is for `chunkText`.
 *
 * @throws RangeError when the limit is below 4 bytes or 1 character, or shorter than `ellipsis`.
 */
export function truncateText(text: string, limit: TextLimit, ellipsis = "…"): string {
  const { unit, max } = measureOf(limit);
  if (unit.reach(text, 0, max) >= text.length) return text;
  const room = max - unit.length(ellipsis, 0, ellipsis.length);
  if (room < 0) throw new RangeError(`ellipsis ${JSON.stringify(ellipsis)} is longer than the limit of ${max}`);
  return text.slice(0, graphemeFloor(text, 0, unit.reach(text, 0, room))) + ellipsis;
}
