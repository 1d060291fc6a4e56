/**
 * The text, or its two ends when it is longer than `longest` characters, and between them how many are left out. For what
 * somebody decides on: the end of a command may be what matters.
 */
export function withoutMiddle(text: string, longest: number): string {
  const left = text.length - longest;
  if (left <= 0) return text;
  const half = longest / 2;
  const start = text.slice(0, half).toWellFormed();
  return `${start}\n… ${left} 字未显示 characters not shown …\n${text.slice(-half).toWellFormed()}`;
}
