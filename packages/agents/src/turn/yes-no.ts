const YES =
  /^(?:y|yes|yeah|ok|okay|sure|approve|approved|allow|confirm|是|是的|好|好的|可以|行|同意|批准|允许|确认)[.!。！]*$/i;
const NO =
  /^(?:n|no|nope|deny|denied|reject|refuse|cancel|stop|否|不|不是|不行|不要|不可以|拒绝|不同意|取消)[.!。！]*$/i;

/** Does the whole message say yes? */
export function isYes(said: string): boolean {
  return YES.test(said);
}

export function isNo(said: string): boolean {
  return NO.test(said);
}
