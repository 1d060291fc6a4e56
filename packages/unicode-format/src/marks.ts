/** What lists of bullets are shown by, from the outermost inwards. */
export const BULLETS: readonly string[] = ["• ", "◦ ", "▪ "];

export const RULE = "──────────";
