/** What stands between a mention and the words behind it; phones write U+2005. */
const GAP = /^[\s\u2005]+/;
const GAP_OR_END = /^(?:[\s\u2005]|$)/;
/** One token at the very start; the part behind "@" of an address such as "@host.com" in running text never is. */
const FIRST_TOKEN = /^@[^\s\u2005@]{1,64}(?=[\s\u2005]|$)/;

/**
 * Takes the mention of the bot out of a group message. With the bot's name: each whole "@name", wherever it stands.
 * Without: one "@token" at the very start. E-mail addresses and mentions of others stay.
 */
export function stripMention(text: string, botName?: string): string {
  if (!isNamed(botName)) {
    const trimmed = text.replace(GAP, "");
    const token = FIRST_TOKEN.exec(trimmed)?.[0];
    return token === undefined ? text : trimmed.slice(token.length).replace(GAP, "");
  }
  return withoutName(text, `@${botName.trim()}`);
}

/**
 * Whether a group message calls the bot, by what was written in it. Undefined: it cannot be told without the bot's name, since
 * a mention in the middle of a sentence may be anybody's.
 */
export function isMentioned(texts: readonly string[], botName?: string): boolean | undefined {
  if (texts.some((text) => stripMention(text, botName) !== text)) return true;
  return isNamed(botName) ? false : undefined;
}

function isNamed(botName: string | undefined): botName is string {
  return botName !== undefined && botName.trim() !== "";
}

function withoutName(text: string, mention: string): string {
  let rest = text;
  let kept = "";
  let found = false;
  for (let at = rest.indexOf(mention); at >= 0; at = rest.indexOf(mention)) {
    const behind = rest.slice(at + mention.length);
    // "me@Helper.com" and "@HelperTwo" are somebody else's.
    const isWhole =
      GAP_OR_END.test(behind) && (at === 0 ? /(?:^|[\s\u2005])$/.test(kept) : /[\s\u2005]/.test(rest[at - 1] ?? ""));
    kept += rest.slice(0, isWhole ? at : at + mention.length);
    rest = isWhole ? behind.replace(GAP, "") : behind;
    found ||= isWhole;
  }
  const whole = kept + rest;
  return found ? whole.replace(/^[\s\u2005]+|[\s\u2005]+$/g, "") : text;
}
