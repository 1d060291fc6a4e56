import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instanceFor, instanceName } from "./instances.ts";

const PLAIN = {};
const FOLDING = { personKey: (id: string) => id.toLowerCase() };
const address = (peer: string, more = {}) =>
  ({ channel: "helper", account: "aib1", kind: "direct", peer, ...more }) as const;
const nameOf = (peer: string, more = {}) => instanceName("ops", PLAIN, address(peer, more));

describe("the name of an instance", () => {
  it("can be read", () => {
    expect(nameOf("zhangsan")).toBe("ops.helper.direct.aib1.zhangsan");
  });

  it.each([
    [["a.b", "a@b", "a_b", "a b", "a-b"]],
    [["张三", "李四", "張三"]],
    [["Bob", "bob", "BOB"]],
    [["a", "_61", "%61", "\u{61}\u{300}", "\u{e0}"]],
    [["\ud800", "\ud801", "\ufffd"]],
    [["x".repeat(300), "x".repeat(301), `${"x".repeat(299)}y`]],
  ])("is another one for each of %j", (peers) => {
    expect(new Set(peers.map((peer) => nameOf(peer))).size).toBe(peers.length);
  });

  it("is one where the platform sees one person", () => {
    expect(instanceName("ops", FOLDING, address("Bob"))).toBe(instanceName("ops", FOLDING, address("bob")));
  });

  it("tells agents, channels, accounts, people and groups apart", () => {
    const names = [
      nameOf("x"),
      nameOf("x", { kind: "group" }),
      nameOf("x", { account: "aib2" }),
      nameOf("x", { channel: "other" }),
      instanceName("main", PLAIN, address("x")),
    ];

    expect(new Set(names).size).toBe(names.length);
  });

  it("never collides, names one folder, and leaves that folder's parent alone", () => {
    const part = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 120 }),
      fc.constantFrom("a.b", "a", "b", "A", "_61"),
    );
    fc.assert(
      fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (one, other) => {
        const [first, second] = [one, other].map(([agent, account, peer]) =>
          instanceName(agent, PLAIN, { channel: "c", account, kind: "direct", peer }),
        );
        expect(first).toMatch(/^[a-z0-9_-][a-z0-9_.-]*$/);
        expect(first?.length).toBeLessThanOrEqual(200);
        expect(first === second).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});

describe("an instance of its own", () => {
  const on = { enabled: true, dmCreateAgent: true, groupEnabled: true, adminUsers: ["Root"] };
  const direct = address("bob");
  const group = address("wr1", { kind: "group" });

  it.each([
    ["is nobody's by default", undefined, false, direct, "bob", "shared"],
    ["is nobody's while switched off", { ...on, enabled: false }, false, direct, "bob", "shared"],
    ["is each person's", on, false, direct, "bob", "instance"],
    ["is each group's", on, false, group, "bob", "instance"],
    ["is no person's where only groups have one", { ...on, dmCreateAgent: false }, false, direct, "bob", "shared"],
    ["is no group's where only people have one", { ...on, groupEnabled: false }, false, group, "bob", "shared"],
    ["is not an admin's", on, false, direct, "root", "shared"],
    ["is not an admin's in a group, who talks to the agent itself", on, false, group, "ROOT", "main"],
    ["gives way to a binding", on, true, direct, "bob", "shared"],
  ] as const)("%s", (_name, dynamicAgents, isBound, where, id, expected) => {
    const settings = { channel: FOLDING, ...(dynamicAgents && { dynamicAgents }) };

    expect(instanceFor(settings, isBound, where, { id })).toBe(expected);
  });
});
