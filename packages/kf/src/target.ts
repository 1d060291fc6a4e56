import { type Address, RejectedError } from "@wxgate/core";
import type { Accounts } from "./accounts.ts";
import type { Customers } from "./customers.ts";

const FORMS =
  'an external_userid such as "wmAJ2GCAAA…", or "external_userid@open_kfid" where several accounts know the person';
const TARGET = /^([0-9A-Za-z_-]{1,64})(?:@([0-9A-Za-z_-]{1,64}))?$/;

/** Finds whom "wm…" or "wm…@wk…" means. Ids keep their case. */
export function createTarget(channel: string, accounts: Accounts, customers: Customers) {
  return async function target(text: string): Promise<Address> {
    const [, peer, named] = TARGET.exec(text.trim()) ?? [];
    if (peer === undefined) throw badTarget(`"${text.slice(0, 80)}" names nobody`);
    return { channel, kind: "direct", peer, account: named ?? (await accountOf(peer)) };
  };

  async function accountOf(peer: string): Promise<string> {
    await accounts.load();
    const isEnabled = (openKfId: string) => accounts.get(openKfId)?.state === "enabled" && accounts.wanted(openKfId);
    const enabled = accounts.all().filter(({ openKfId }) => isEnabled(openKfId));
    if (enabled.length === 1 && enabled[0] !== undefined) return enabled[0].openKfId;
    const knowing = (await customers.accountsOf(peer)).filter(isEnabled);
    if (knowing.length === 1 && knowing[0] !== undefined) return knowing[0];
    if (enabled.length === 0) throw badTarget("no customer service account is known yet");
    throw badTarget(
      knowing.length === 0
        ? `${peer} has not written to any of the ${enabled.length} accounts`
        : `several accounts know ${peer}: ${knowing.map((openKfId) => `${peer}@${openKfId}`).join(", ")}`,
    );
  }
}

function badTarget(problem: string): RejectedError {
  return new RejectedError(`${problem}; write ${FORMS}`, { code: "kf.bad-target" });
}
