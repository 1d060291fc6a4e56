const LONGEST_EXCERPT = 200;
/** What stands behind these characters cannot come into the excerpt, short of a page of white space. */
const LONGEST_LOOK = 10_000;
/** What is shorter stands in too many ordinary words. */
const SHORTEST_SECRET = 4;

/** Takes secrets out of what a server said, so that it can stand in an error. */
export type Redact = (text: string) => string;

/** Hides `secrets` and the query of every URL, and shortens to one line of 200 characters. */
export function createRedact(secrets: readonly string[]): Redact {
  const known = secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, "***");
    clean = clean
      .slice(0, LONGEST_LOOK)
      .replace(/(https?:\/\/[^\s?#"'<>]{1,2000})[?#][^\s"'<>]*/gi, "$1?***")
      .replace(/\s+/g, " ")
      .trim();
    return clean.length <= LONGEST_EXCERPT ? clean : `${clean.slice(0, LONGEST_EXCERPT)}…`;
  };
}
