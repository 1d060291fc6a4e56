/** Names of access groups, by which lists of people are written: `@admins`. */
const MARK = "@";

export type AccessGroups = Readonly<Record<string, readonly string[]>>;

/** The list with its groups' members in their place; a group may name others. */
export function expandGroups(list: readonly string[], groups: AccessGroups): readonly string[] {
  const members = new Set<string>();
  const seen = new Set<string>();
  const add = (entry: string) => {
    if (!entry.startsWith(MARK)) return void members.add(entry);
    if (seen.has(entry)) return;
    seen.add(entry);
    for (const member of membersOf(entry, groups) ?? []) add(member);
  };
  for (const entry of list) add(entry);
  return [...members];
}

/** The groups a list names that do not exist. */
export function unknownGroups(list: readonly string[], groups: AccessGroups): readonly string[] {
  return list.filter((entry) => entry.startsWith(MARK) && membersOf(entry, groups) === undefined);
}

function membersOf(entry: string, groups: AccessGroups): readonly string[] | undefined {
  const name = entry.slice(MARK.length);
  return Object.hasOwn(groups, name) ? groups[name] : undefined;
}
