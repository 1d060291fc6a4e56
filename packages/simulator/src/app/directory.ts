import type { DirectoryOptions, MemberOptions } from "./options.ts";
import type { ShownItem } from "./shown.ts";

export interface Member {
  readonly userId: string;
  readonly name: string;
  readonly parties: ReadonlySet<number>;
  readonly tags: ReadonlySet<number>;
  readonly licensed: boolean;
  /** What this member's phone shows, by app. */
  readonly screens: Map<number, ShownItem[]>;
}

/** The members, departments and tags of one enterprise. Userids are unique ignoring case. */
export interface Directory {
  readonly parties: ReadonlyMap<number, string>;
  readonly tags: ReadonlyMap<number, string>;
  find(userId: string): Member | undefined;
  findOrAdd(userId: string): Member;
  all(): readonly Member[];
  reset(): void;
}

const ROOT = 1;

export function createDirectory(options: DirectoryOptions = {}): Directory {
  const members = new Map<string, Member>();
  const parties = new Map([[ROOT, "Root"], ...(options.parties ?? []).map(({ id, name }) => [id, name] as const)]);
  const tags = new Map((options.tags ?? []).map(({ id, name }) => [id, name] as const));

  function add({ userId, name = userId, parties: of = [ROOT], tags: tagged = [], licensed = true }: MemberOptions) {
    const member: Member = {
      userId,
      name,
      parties: new Set(of),
      tags: new Set(tagged),
      licensed,
      screens: new Map(),
    };
    members.set(userId.toLowerCase(), member);
    return member;
  }
  function reset(): void {
    members.clear();
    for (const member of options.members ?? []) add(member);
  }
  reset();

  return {
    parties,
    tags,
    find: (userId) => members.get(userId.toLowerCase()),
    findOrAdd: (userId) => members.get(userId.toLowerCase()) ?? add({ userId }),
    all: () => [...members.values()],
    reset,
  };
}
