import { type Address, addressKey } from "@wxgate/core";

/** How many sends this process saw taken since a person's message; to understand a refusal, not to prevent one. */
export interface Spent {
  count(to: Address, messageId: string | undefined): void;
  of(to: Address, messageId: string): number;
}

const REMEMBERED = 10_000;

export function createSpent(): Spent {
  const spent = new Map<string, { readonly messageId: string; readonly sends: number }>();
  return {
    count(to, messageId) {
      if (messageId === undefined) return;
      const key = addressKey(to);
      const before = spent.get(key);
      const sends = before?.messageId === messageId ? before.sends + 1 : 1;
      // Last in, last out.
      spent.delete(key);
      spent.set(key, { messageId, sends });
      const [oldest] = spent.keys();
      if (spent.size > REMEMBERED && oldest !== undefined) spent.delete(oldest);
    },
    of(to, messageId) {
      const found = spent.get(addressKey(to));
      return found?.messageId === messageId ? found.sends : 0;
    },
  };
}
