import { type Address, RejectedError } from "@wxgate/core";
import { parseWecomTarget } from "@wxgate/wecom-target";
import type { AgentApi } from "./api.ts";
import type { Receivers } from "./wire.ts";

const EVERYBODY = "@all";

interface TargetOptions {
  readonly channel: string;
  readonly account: string;
  readonly allowBroadcast: boolean;
  readonly api: Pick<AgentApi, "tags">;
}

/**
 * Finds whom "zhangsan", "party:1", "tag:Ops", "group:wr…" or "@all" means. Several members, departments, tags and
 * everybody are an audience: sent to, never heard from.
 */
export function createTarget({ channel, account, allowBroadcast, api }: TargetOptions) {
  return async function target(text: string): Promise<Address> {
    const { to, id } = parseWecomTarget(text);
    const address = (kind: Address["kind"], peer: string): Address => ({ channel, account, kind, peer });
    switch (to) {
      case "chat":
        return address("group", id);
      case "party":
        return address("audience", `party:${id}`);
      case "tag":
        return address("audience", `tag:${await tagNumber(id)}`);
      case "user":
        if (id === EVERYBODY) return address("audience", broadcast(allowBroadcast));
        return id.includes("|") ? address("audience", `user:${id}`) : address("direct", id);
      default:
        return to satisfies never;
    }
  };

  /** `message/send` takes numbers only. */
  async function tagNumber(tag: string): Promise<string> {
    if (/^[0-9]+(?:\|[0-9]+)*$/.test(tag)) return tag;
    const [found, ...more] = (await api.tags()).filter(({ name }) => name === tag);
    if (found !== undefined && more.length === 0) return String(found.id);
    const shown = `"${tag.slice(0, 80)}"`;
    const problem =
      found === undefined
        ? `there is no tag ${shown} that this app may see`
        : `${more.length + 1} tags are called ${shown}, with the numbers ${[found, ...more].map(({ id }) => id).join(", ")}`;
    throw new RejectedError(`${problem}; name it by its number`, {
      code: "wecom.bad-target",
      hint: "The number of a tag is shown by tag/list; the app sees the tags of its visible range.",
    });
  }
}

function broadcast(allowed: boolean): string {
  if (allowed) return EVERYBODY;
  throw new RejectedError('"@all" would reach everybody who can see the app, and is switched off', {
    code: "wecom.broadcast-not-allowed",
    hint: "Set allowBroadcast: true on the channel to allow it.",
  });
}

/** The members an address names. Who is in a department, has a tag or sees the app is not known here. */
export function membersOf({ kind, peer }: Address): readonly string[] {
  if (kind === "direct") return [peer];
  if (kind === "group" || peer === EVERYBODY) return [];
  const { to, id } = parseWecomTarget(peer);
  return to === "user" ? id.split("|") : [];
}

/** @throws RejectedError when the address is everybody and that is not allowed (any more). */
export function receiversOf({ kind, peer }: Address, allowBroadcast: boolean): Receivers {
  if (kind === "direct") return { touser: peer };
  if (peer === EVERYBODY) return { touser: broadcast(allowBroadcast) };
  const { to, id } = parseWecomTarget(peer);
  if (to === "party") return { toparty: id };
  return to === "tag" ? { totag: id } : { touser: id };
}
