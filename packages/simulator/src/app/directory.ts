import type { DirectoryOptions, MemberOptions } from "./options.ts";
import type { ShownItem } from "./shown.ts";
import { problemOfUserId } from "./userids.ts";

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
  /** Somebody outside the enterprise when nobody inside has this userid; the directory stays as it is. */
  findOrStranger(userId: string): Member;
  findOrAdd(userId: string): Member;
  all(): readonly Member[];
  reset(): void;
}

const ROOT = 1;

/** @throws RangeError for members the platform could not have */
export function createDirectory(options: DirectoryOptions = {}): Directory {
  const members = new Map<string, Member>();
  const parties = new Map([[ROOT, "Root"], ...(options.parties ?? []).map(({ id, name }) => [id, name] as const)]);
  const tags = new Map((options.tags ?? []).map(({ id, name }) => [id, name] as const));

  function add(options: MemberOptions): Member {
    const member = createMember(options);
    members.set(member.userId.toLowerCase(), member);
    return member;
  }
  function reset(): void {
    members.clear();
    for (const member of options.members ?? []) add(member);
  }
  checkMembers(options.members ?? []);
  reset();

  return {
    parties,
    tags,
    find: (userId) => members.get(userId.toLowerCase()),
    findOrStranger: (userId) =>
      members.get(userId.toLowerCase()) ?? createMember({ userId, parties: [], licensed: false }),
    findOrAdd: (userId) => members.get(userId.toLowerCase()) ?? add({ userId }),
    all: () => [...members.values()],
    reset,
  };
}

function createMember({ userId, name = userId, parties = [ROOT], tags = [], licensed = true }: MemberOptions): Member {
  return { userId, name, parties: new Set(parties), tags: new Set(tags), licensed, screens: new Map() };
}

function checkMembers(members: readonly MemberOptions[]): void {
  const seen = new Set<string>();
  for (const { userId } of members) {
    const problem = problemOfUserId(userId);
    if (problem !== undefined) throw new RangeError(`"${userId}" is no userid. ${problem}`);
    const same = userId.toLowerCase();
    if (seen.has(same))
      throw new RangeError(`The directory has "${userId}" twice; userids are compared ignoring case.`);
    seen.add(same);
  }
}
