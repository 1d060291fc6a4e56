import { type Address, RejectedError } from "@wxgate/core";
import type { Account, Accounts } from "./accounts.ts";
import type { People } from "./people.ts";

const FORMS =
  'a person\'s id such as "o9cq80Xy…@im.wechat", in any case, or "<account>/<person>" where several accounts know the person';
const PREFIX = /^(?:weixin-ilink|openclaw-weixin|weixin|wechat|user|chat):/i;
const TARGET = /^(?:([^\s/]{1,128})\/)?([^\s/]{1,128}@im\.wechat)$/i;

/** Finds whom an id means, however its case was changed on the way. */
export function createTarget(channel: string, accounts: Accounts, people: People) {
  return async function target(text: string): Promise<Address> {
    const [, wanted, person] = TARGET.exec(stripPrefixes(text.trim())) ?? [];
    if (person === undefined) throw badTarget(`"${text.slice(0, 80)}" names nobody`);
    await accounts.load();
    const asked = wanted === undefined ? accounts.all() : [accountNamed(accounts, wanted)];
    const found = (await Promise.all(asked.map((account) => peersIn(account, person)))).flat();
    const [only, ...others] = found.some(({ peer }) => peer === person)
      ? found.filter(({ peer }) => peer === person)
      : found;
    if (only === undefined) throw badTarget(`${person} has not written to any account here`);
    if (others.length === 0) return { channel, kind: "direct", ...only };
    const names = [only, ...others].map(({ account, peer }) => `${account}/${peer}`).join(", ");
    throw badTarget(`several accounts or people answer to ${person}: ${names}`);
  };

  async function peersIn(account: Account, person: string): Promise<readonly Pick<Address, "account" | "peer">[]> {
    const isOwner = account.id.toLowerCase() === person.toLowerCase();
    const peers = new Set([...(isOwner ? [account.id] : []), ...(await people.find(account.id, person))]);
    return [...peers].map((peer) => ({ account: account.id, peer }));
  }
}

function accountNamed(accounts: Accounts, wanted: string): Account {
  const found = accounts
    .all()
    .find(({ id, botId }) => [id, botId].some((name) => name.toLowerCase() === wanted.toLowerCase()));
  if (found !== undefined) return found;
  throw badTarget(`there is no account "${wanted}"`);
}

function stripPrefixes(text: string): string {
  let rest = text;
  while (PREFIX.test(rest)) rest = rest.replace(PREFIX, "");
  return rest;
}

function badTarget(problem: string): RejectedError {
  return new RejectedError(`${problem}; write ${FORMS}`, { code: "ilink.bad-target" });
}
