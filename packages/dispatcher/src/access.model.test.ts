import type { InboundMessage, OutboundContent } from "@wxgate/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { ChannelSettings } from "./settings.ts";
import { said, startGateway, type TestGateway } from "./test-support/gateway.ts";
import { NO_NOTICES } from "./test-support/notices.ts";

/*
 * Whatever the policies are and however they change, whoever is refused reaches nothing: no agent, no command, no download,
 * no sign of typing, no welcome. The model below knows only what the documents promise.
 */

const PEOPLE = ["Ann", "Bob", "eve"] as const;
const GROUPS = ["g1", "g2"] as const;
const COMMAND: OutboundContent = { kind: "text", text: "a command was obeyed", format: "plain" };
const NOTICES = { ...NO_NOTICES, denied: "denied", commandDenied: "no command", pairing: "code {code}" };
const SAYINGS = ["hi", "/status", "/new", "/stop", "/price", "人工", "继续", "picture"] as const;

type Person = (typeof PEOPLE)[number];
type Saying = (typeof SAYINGS)[number];
type Policies = Pick<
  ChannelSettings,
  "dmPolicy" | "allowFrom" | "groupPolicy" | "groupAllowFrom" | "groups" | "commands" | "session"
>;

interface Model {
  policies: Policies;
  readonly paired: Set<string>;
}

interface Real extends TestGateway {
  /** What somebody reached since it was last looked at. */
  takeTouched(): readonly string[];
}

const keyOf = (id: string) => id.toLowerCase();
const has = (list: readonly string[], id: string) => list.some((entry) => entry === "*" || keyOf(entry) === keyOf(id));

function isHeard({ policies, paired }: Model, person: Person, group: string | undefined): boolean {
  const { dmPolicy, allowFrom, groupPolicy, groupAllowFrom, groups } = policies;
  if (group === undefined) {
    if (dmPolicy === "open") return true;
    if (dmPolicy === "disabled") return false;
    return has(allowFrom, person) || (dmPolicy === "pairing" && paired.has(keyOf(person)));
  }
  if (groupPolicy === "disabled") return false;
  if (groupPolicy === "allowlist" && groups[group] === undefined && !has(groupAllowFrom, group)) return false;
  const members = groups[group]?.allowFrom ?? groups["*"]?.allowFrom;
  return members === undefined || has(members, person);
}

function isCommand(saying: Saying): boolean {
  return saying.startsWith("/") || saying === "人工";
}

function mayCommand({ policies }: Model, person: Person, saying: Saying): boolean {
  return saying === "人工" || policies.commands.allowFrom === undefined || has(policies.commands.allowFrom, person);
}

/** Everything that was said is dealt with, and every answer sent. */
async function isIdle({ store }: Real): Promise<boolean> {
  const { waitingMessages, runningTurns, deliveries } = await store.query.counts();
  return waitingMessages + runningTurns + deliveries.queued + deliveries.sending === 0;
}

async function untilIdle(real: Real): Promise<void> {
  for (let tries = 0; !(await isIdle(real)); tries += 1) {
    if (tries > 2_000) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

class Says implements fc.AsyncCommand<Model, Real> {
  readonly person: Person;
  readonly group: string | undefined;
  readonly saying: Saying;
  constructor(person: Person, group: string | undefined, saying: Saying) {
    this.person = person;
    this.group = group;
    this.saying = saying;
  }
  check = () => true;
  toString = () => `${this.person}${this.group === undefined ? "" : ` in ${this.group}`} says ${this.saying}`;

  async run(model: Model, real: Real): Promise<void> {
    const { person, group, saying } = this;
    const before = real.sent.length;

    await real.receive(messageOf(person, group, saying));
    await untilIdle(real);

    const touched = real.takeTouched();
    const said = real.texts().slice(before);
    const outcome = real.observations.filter(({ kind }) => kind === "turn-finished").at(-1)?.outcome;
    if (!isHeard(model, person, group)) {
      expect({ touched, outcome }).toEqual({ touched: [], outcome: "denied" });
      for (const text of said) expect(text).toMatch(/^(denied|code [A-Z2-9]{8})$/);
    } else if (isCommand(saying)) {
      const isAllowed = mayCommand(model, person, saying);
      expect({ touched, outcome }).toEqual({ touched: [], outcome: isAllowed ? "answered" : "denied" });
      expect(said.length).toBe(1);
      expect(said[0] === "no command").toBe(!isAllowed);
    } else {
      expect(touched.filter((what) => !what.startsWith("typing"))).toEqual([
        ...(saying === "picture" ? [`download ${person}`] : []),
        `agent ${person}`,
      ]);
      expect(said).toEqual(["the agent answered"]);
    }
  }
}

function messageOf(person: Person, group: string | undefined, saying: Saying): InboundMessage {
  const from = { channel: "support", account: "wk1", kind: "direct", peer: person } as const;
  return said(saying, {
    from: group === undefined ? from : { ...from, kind: "group", peer: group },
    sender: { id: person },
    ...(saying === "picture" ? { content: [{ kind: "image", media: { ref: { of: person } } }] } : {}),
  });
}

class Enters implements fc.AsyncCommand<Model, Real> {
  readonly person: Person;
  constructor(person: Person) {
    this.person = person;
  }
  check = () => true;
  toString = () => `${this.person} enters`;

  async run(model: Model, real: Real): Promise<void> {
    const welcome = await real.dispatcher.instant("support")({
      kind: "entered",
      id: "e",
      at: new Date(),
      from: { channel: "support", account: "wk1", kind: "direct", peer: this.person },
    });

    expect(welcome !== undefined).toBe(isHeard(model, this.person, undefined));
  }
}

class Decides implements fc.AsyncCommand<Model, Real> {
  readonly what: "approve" | "reject" | "revoke" | "wait";
  readonly person: Person;
  constructor(what: "approve" | "reject" | "revoke" | "wait", person: Person) {
    this.what = what;
    this.person = person;
  }
  check = () => true;
  toString = () => `operator: ${this.what} ${this.person}`;

  async run(model: Model, real: Real): Promise<void> {
    const { what, person } = this;
    const { pairing } = real.dispatcher;
    if (what === "wait") return real.clock.advance(2 * 3_600_000);
    if (what === "revoke") {
      expect(await pairing.revoke("support", person)).toBe(model.paired.delete(keyOf(person)));
      return;
    }
    const request = (await pairing.requests()).find(({ sender }) => sender.id === person);
    if (request === undefined) return;
    await pairing[what](request.code);
    if (what === "approve") model.paired.add(keyOf(person));
  }
}

class Configures implements fc.AsyncCommand<Model, Real> {
  readonly policies: Policies;
  constructor(policies: Policies) {
    this.policies = policies;
  }
  check = () => true;
  toString = () => `operator: ${JSON.stringify(this.policies)}`;

  async run(model: Model, real: Real): Promise<void> {
    model.policies = this.policies;
    real.configure(this.policies);
  }
}

const person = fc.constantFrom(...PEOPLE);
const ids = fc.uniqueArray(fc.constantFrom("ann", "BOB", "eve", "user:Ann", "*"), { maxLength: 2 }).map(withoutPrefix);
const policies: fc.Arbitrary<Policies> = fc.record({
  dmPolicy: fc.constantFrom("open", "pairing", "pairing", "allowlist", "disabled"),
  allowFrom: ids,
  groupPolicy: fc.constantFrom("open", "allowlist", "disabled"),
  groupAllowFrom: fc.subarray(["g1", "*"]),
  groups: fc.dictionary(fc.constantFrom("g1", "g2", "*"), fc.record({ allowFrom: ids }, { requiredKeys: [] }), {
    maxKeys: 2,
  }),
  commands: fc
    .record({ allowFrom: ids }, { requiredKeys: [] })
    .map((commands) => ({ ...commands, custom: { "/price": { content: [COMMAND] } } })),
  session: fc.constantFrom("peer", "sender", "channel"),
});

/** Prefixes are tested elsewhere; here they would need a second reading of lists. */
function withoutPrefix(list: readonly string[]): readonly string[] {
  return list.map((entry) => entry.replace("user:", ""));
}

const says = fc
  .tuple(person, fc.option(fc.constantFrom(...GROUPS), { nil: undefined }), fc.constantFrom(...SAYINGS))
  .map(([who, group, saying]) => new Says(who, group, saying));
const steps = [
  says,
  says,
  says,
  policies.map((given) => new Configures(given)),
  person.map((who) => new Enters(who)),
  fc
    .tuple(fc.constantFrom("approve", "approve", "reject", "revoke", "wait"), person)
    .map(([what, who]) => new Decides(what, who)),
];

async function startReal(given: Policies): Promise<Real> {
  let touched: string[] = [];
  const gateway = await startGateway(
    {
      async *respond(turn) {
        touched.push(`agent ${turn.sender.id}`);
        yield { kind: "text-delta", text: "the agent answered" };
      },
    },
    {
      settings: { ...given, welcomeText: "welcome", notices: NOTICES },
      dispatch: { mediaGraceMs: 0 },
      channel: {
        personKey: keyOf,
        handoffKeywords: ["人工"],
        async openMedia(ref) {
          touched.push(`download ${ref.of}`);
          return { body: (async function* () {})(), mime: "image/png" };
        },
        async typing({ to }) {
          touched.push(`typing ${to.peer}`);
        },
      },
      media: {
        keep: async () => ({ id: "med_1", mime: "image/png", bytes: 1, sha256: "0" }),
        sign: (content) => content,
      },
    },
  );
  return {
    ...gateway,
    takeTouched() {
      const taken = touched;
      touched = [];
      return taken;
    },
  };
}

it("lets nobody who is refused reach a command, a download, a sign of typing or an agent", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(policies, fc.commands(steps, { maxCommands: 25 }), async (given, commands) => {
      const real = await startReal(given);
      try {
        await fc.asyncModelRun(() => ({ model: { policies: given, paired: new Set<string>() }, real }), commands);
      } finally {
        await real.close();
      }
    }),
    { numRuns: 200 },
  );
});
