import type { Channel } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { decideAccess, isOverheard, mayCommand } from "./access.ts";
import type { ChannelSettings } from "./settings.ts";
import { NO_NOTICES } from "./test-support/notices.ts";

const channel: Channel = {
  id: "c",
  type: "test",
  target: (peer) => ({ channel: "c", account: "a", kind: "direct", peer }),
  prepare: () => [],
  send: async () => ({}),
  health: () => ({ state: "ok", accounts: [] }),
};
const settings = (given: Partial<ChannelSettings>): ChannelSettings => ({
  channel,
  dmPolicy: "open",
  allowFrom: [],
  groupPolicy: "open",
  groupAllowFrom: [],
  groups: {},
  commands: {},
  session: "peer",
  notices: NO_NOTICES,
  ...given,
});
const direct = { channel: "c", account: "a", kind: "direct", peer: "Bob" } as const;
const group = { ...direct, kind: "group", peer: "wr1" } as const;
const allowed = (given: Partial<ChannelSettings>, where: typeof direct | typeof group, id = "Bob", paired = false) =>
  decideAccess(settings(given), where, { id }, paired).allowed;

describe("who may talk directly", () => {
  it.each([
    ["open lets everybody in", { dmPolicy: "open" }, true],
    ["disabled lets nobody in", { dmPolicy: "disabled", allowFrom: ["*"] }, false],
    ["allowlist lets a named person in", { dmPolicy: "allowlist", allowFrom: ["Bob"] }, true],
    ["allowlist keeps others out", { dmPolicy: "allowlist", allowFrom: ["Alice"] }, false],
    ["allowlist with a star lets everybody in", { dmPolicy: "allowlist", allowFrom: ["*"] }, true],
    ["allowlist takes prefixed ids", { dmPolicy: "allowlist", allowFrom: ["wecom:user:Bob"] }, true],
    ["allowlist compares ids with their case", { dmPolicy: "allowlist", allowFrom: ["bob"] }, false],
    ["pairing keeps a stranger out", { dmPolicy: "pairing" }, false],
    ["pairing lets a listed person in", { dmPolicy: "pairing", allowFrom: ["Bob"] }, true],
  ] as const)("%s", (_name, given, expected) => {
    expect(allowed(given, direct)).toBe(expected);
  });

  it("compares ids as the platform does", () => {
    const folding = { ...channel, personKey: (id: string) => id.toLowerCase() };

    expect(allowed({ channel: folding, dmPolicy: "allowlist", allowFrom: ["BOB"] }, direct)).toBe(true);
  });

  it.each([
    ["pairing lets in whom the channel vouches for", { dmPolicy: "pairing" }, "Bob", true],
    ["pairing keeps out whom it does not vouch for", { dmPolicy: "pairing" }, "Eve", false],
    ["allowlist lets them in beside those it names", { dmPolicy: "allowlist", allowFrom: ["Alice"] }, "Bob", true],
    ["disabled keeps them out", { dmPolicy: "disabled" }, "Bob", false],
  ] as const)("%s", (_name, given, id, expected) => {
    const vouching: Channel = { ...channel, vouchesFor: (_conversation, sender) => sender.id === "Bob" };

    expect(allowed({ ...given, channel: vouching }, direct, id)).toBe(expected);
  });

  it("lets a paired person in under pairing", () => {
    expect(allowed({ dmPolicy: "pairing" }, direct, "Bob", true)).toBe(true);
  });
});

describe("who may talk in groups", () => {
  it.each([
    ["open lets every group in", { groupPolicy: "open" }, true],
    ["disabled lets no group in", { groupPolicy: "disabled", groups: { wr1: {} } }, false],
    ["allowlist lets a named group in", { groupPolicy: "allowlist", groupAllowFrom: ["wr1"] }, true],
    ["allowlist keeps other groups out", { groupPolicy: "allowlist", groupAllowFrom: ["wr2"] }, false],
    ["a group of its own is a named one", { groupPolicy: "allowlist", groups: { wr1: {} } }, true],
    ["a group's list keeps other members out", { groups: { wr1: { allowFrom: ["Alice"] } } }, false],
    ["a group's list lets its members in", { groups: { wr1: { allowFrom: ["Bob"] } } }, true],
    ["the star's list counts for groups without one", { groups: { "*": { allowFrom: ["Alice"] } } }, false],
    [
      "a group's own list wins over the star's",
      { groups: { "*": { allowFrom: ["Alice"] }, wr1: { allowFrom: ["Bob"] } } },
      true,
    ],
  ] as const)("%s", (_name, given, expected) => {
    expect(allowed(given, group)).toBe(expected);
  });
});

describe("a group that wants a mention", () => {
  const heard = (groups: ChannelSettings["groups"], mentioned?: boolean) =>
    !isOverheard({ groups }, { from: group, ...(mentioned === undefined ? {} : { mentioned }) });

  it.each([
    ["hears what mentions us", { wr1: { requireMention: true } }, true, true],
    ["overhears the rest", { wr1: { requireMention: true } }, false, false],
    ["hears everything where the platform does not tell", { wr1: { requireMention: true } }, undefined, true],
    ["may be every group", { "*": { requireMention: true } }, false, false],
    [
      "is not this one, when it says so itself",
      { "*": { requireMention: true }, wr1: { requireMention: false } },
      false,
      true,
    ],
    ["is none by default", {}, false, true],
  ] as const)("%s", (_name, groups, mentioned, expected) => {
    expect(heard(groups, mentioned)).toBe(expected);
  });

  it("has no settings by the name of something every object has", () => {
    const odd = { ...group, peer: "toString" } as const;

    expect(decideAccess(settings({ groupPolicy: "allowlist" }), odd, { id: "Bob" }, false).allowed).toBe(false);
  });
});

describe("who may give commands", () => {
  const HELP = { name: "help", argument: "" } as const;

  it("is everybody who is heard, for a keyword that asks for a human", () => {
    const strict = settings({ commands: { allowFrom: ["Alice"] } });

    expect(mayCommand(strict, { id: "Bob" }, { name: "human", argument: "", byKeyword: true })).toBe(true);
    expect(mayCommand(strict, { id: "Bob" }, { name: "human", argument: "" })).toBe(false);
  });

  it("is said by a command of the operator's own, where it says so", () => {
    const custom = { name: "custom", custom: { content: [], allowFrom: ["Bob"] } } as const;

    expect(mayCommand(settings({ commands: { allowFrom: ["Alice"] } }), { id: "Bob" }, custom)).toBe(true);
    expect(mayCommand(settings({}), { id: "Alice" }, custom)).toBe(false);
  });

  it("is everybody who may talk, unless somebody is named", () => {
    expect(mayCommand(settings({}), { id: "Bob" }, HELP)).toBe(true);
    expect(mayCommand(settings({ commands: { allowFrom: ["Alice"] } }), { id: "Bob" }, HELP)).toBe(false);
    expect(mayCommand(settings({ commands: { allowFrom: ["user:Bob"] } }), { id: "Bob" }, HELP)).toBe(true);
  });
});
