const LF = 0x0a;
const CR = 0x0d;

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Characters that stand alone: between two of them a grapheme always ends (CR LF excepted). Latin, common
 * punctuation, kana, Chinese, full-width forms: nearly all text, so the segmenter is rarely asked.
 */
function standsAlone(code: number): boolean {
  if (code < 0x300) return true;
  if (code < 0x3000) return code >= 0x2010 && code <= 0x2027;
  return (
    (code >= 0x3400 && code <= 0x9fff) ||
    code <= 0x3029 ||
    (code >= 0x3041 && code <= 0x3096) ||
    (code >= 0x30a0 && code <= 0x30ff) ||
    (code >= 0xff01 && code <= 0xff9d)
  );
}

function isPlainBoundary(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  // A grapheme always ends behind a line break, whatever follows.
  if (before === LF) return true;
  const after = text.charCodeAt(index);
  return standsAlone(before) && standsAlone(after) && !(before === CR && after === LF);
}

/**
 * The last grapheme boundary at or before `index`, not before `start`, which counts as one. Looks at no more text
 * than lies between the two, and mostly at two characters.
 */
export function graphemeFloor(text: string, start: number, index: number): number {
  if (index <= start || index >= text.length || isPlainBoundary(text, index)) return index;
  let anchor = index - 1;
  while (anchor > start && !isPlainBoundary(text, anchor)) anchor--;
  // Whether a grapheme ends at `index` depends on what stands before it and on the one code point after it.
  const window = text.slice(anchor, index + 2);
  return anchor + (segmenter.segment(window).containing(index - anchor)?.index ?? index - anchor);
}
