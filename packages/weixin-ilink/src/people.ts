import type { State } from "@wxgate/core";

/** Who wrote to which account, found again whatever the case they are named in. */
export interface People {
  /** Durable once resolved; known people cost nothing. */
  meet(account: string, person: string): Promise<void>;
  /** The exact ids behind one in any case. */
  find(account: string, person: string): Promise<readonly string[]>;
}

/** So many are remembered without asking the store. */
const REMEMBERED = 20_000;

export function createPeople(state: State): People {
  const known = new Set<string>();
  const keyOf = (account: string, person: string) => `person|${account}|${person.toLowerCase()}`;

  function remember(key: string): void {
    if (known.size >= REMEMBERED) known.clear();
    known.add(key);
  }

  async function idsAt(key: string): Promise<readonly string[] | undefined> {
    const value = await state.get(key);
    return Array.isArray(value) ? value.filter((id): id is string => typeof id === "string") : undefined;
  }

  return {
    async meet(account, person) {
      const mark = `${account}|${person}`;
      if (known.has(mark)) return;
      const key = keyOf(account, person);
      for (;;) {
        const before = await idsAt(key);
        if (before?.includes(person)) break;
        if (await state.compareAndSet(key, before && [...before], [...(before ?? []), person])) break;
      }
      remember(mark);
    },
    async find(account, person) {
      return (await idsAt(keyOf(account, person))) ?? [];
    },
  };
}
