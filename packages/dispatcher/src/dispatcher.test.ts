import {
  type Agent,
  AuthenticationError,
  type InboundContent,
  RejectedError,
  TransientError,
  type Turn,
} from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { answering, type PlatformOptions, said, startGateway } from "./test-support/gateway.ts";
import { NO_NOTICES } from "./test-support/notices.ts";

const echo = answering((text) => `echo ${text}`);

describe("a message's way", () => {
  it("ends with an answer", async () => {
    const { receive, texts } = await startGateway(echo);

    await receive(said("hi"));

    await expect.poll(texts).toEqual(["echo hi"]);
  });

  it("ends with whole characters, also where the agent cut one in half", async () => {
    const { receive, texts } = await startGateway({
      async *respond() {
        yield { kind: "text-delta", text: "fine \ud83d" };
      },
    });

    await receive(said("hi"));

    await expect.poll(texts).toEqual(["fine \ufffd"]);
  });

  it("is gone once however often the platform repeats it", async () => {
    const { receive, texts } = await startGateway(echo);
    const message = said("hi");

    await receive(message, message);
    await receive(message);
    await expect.poll(texts).toContainEqual("echo hi");
    await receive(said("bye"));

    await expect.poll(texts).toContainEqual("echo bye");
    expect(texts().filter((text) => text.includes("hi"))).toHaveLength(1);
  });

  it("joins the next turn when the agent is still at work", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const turns: Turn[] = [];
    const { receive, texts } = await startGateway({
      async *respond(turn) {
        turns.push(turn);
        if (turns.length === 1) await held;
        yield { kind: "text-delta", text: `answer ${turns.length}` };
      },
    });

    await receive(said("one"));
    await expect.poll(() => turns.length).toBe(1);
    await receive(said("two"), said("three"));
    release();

    await expect.poll(texts).toEqual(["answer 1", "answer 2"]);
    expect(turns[1]?.messages.map(({ content }) => content[0])).toEqual([
      { kind: "text", text: "two" },
      { kind: "text", text: "three" },
    ]);
  });

  it("does not hold up other conversations", async () => {
    const { receive, texts } = await startGateway({
      async *respond(turn, signal) {
        if (turn.conversation.peer === "wmSlow")
          await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        yield { kind: "text-delta", text: turn.conversation.peer };
      },
    });

    await receive(said("x", { peer: "wmSlow" }), said("x", { peer: "wmQuick" }));

    await expect.poll(texts).toEqual(["wmQuick"]);
  });

  it("keeps order within a conversation although pieces are sent in parallel elsewhere", async () => {
    const { receive, sent } = await startGateway({
      async *respond(turn) {
        for (let piece = 1; piece <= 5; piece += 1) {
          yield { kind: "content", content: { kind: "text", text: `${turn.conversation.peer} ${piece}` } };
        }
      },
    });

    await receive(...Array.from({ length: 10 }, (_, index) => said("go", { peer: `wm${index}` })));

    await expect.poll(() => sent.length).toBe(50);
    for (let index = 0; index < 10; index += 1) {
      const own = sent.filter(({ to }) => to.peer === `wm${index}`).map(({ piece }) => piece.content[0]);
      expect(own).toEqual([1, 2, 3, 4, 5].map((piece) => ({ kind: "text", text: `wm${index} ${piece}` })));
    }
  });

  it("waits with media for the words that explain them", async () => {
    const { receive, texts } = await startGateway(echo, {
      media: {
        keep: async () => ({ id: "med_1", mime: "image/png", bytes: 1, sha256: "0" }),
        sign: (content) => content,
      },
      channel: { openMedia: async () => ({ body: (async function* () {})(), mime: "image/png" }) },
    });

    await receive(said("", { content: [{ kind: "image", media: { ref: { id: "1" } } }] }));
    await receive(said("what is this?"));

    await expect.poll(texts).toEqual(["echo [image] + what is this?"]);
  });

  it("fetches a waiting message's files before their addresses die, once, and none of somebody who is not heard", async () => {
    let end = () => {};
    const fetched: unknown[] = [];
    const seen: (readonly InboundContent[])[] = [];
    const agent: Agent = {
      async *respond({ messages }) {
        seen.push(messages.flatMap(({ content }) => content));
        if (seen.length === 1) await new Promise<void>((resolve) => (end = resolve));
        yield { kind: "text-delta", text: "done" };
      },
    };
    const { receive, clock } = await startGateway(agent, {
      dispatch: { mediaGraceMs: 0 },
      settings: { dmPolicy: "allowlist", allowFrom: ["ann"] },
      media: {
        keep: async () => ({ id: "med_1", mime: "image/png", bytes: 1, sha256: "0" }),
        sign: (content) => content,
      },
      channel: {
        mediaLivesMs: 300_000,
        openMedia: async (ref) => {
          fetched.push(ref);
          return { body: (async function* () {})(), mime: "image/png" };
        },
      },
    });
    const picture = (id: string) => [{ kind: "image" as const, media: { ref: { id } } }];
    await receive(said("hi", { peer: "ann" }));
    await expect.poll(() => seen.length).toBe(1);
    await receive(said("", { peer: "ann", content: picture("1") }), said("", { peer: "bob", content: picture("2") }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(fetched).toEqual([]);

    clock.advance(31_000);
    await expect.poll(() => fetched).toEqual([{ id: "1" }]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    end();

    await expect.poll(() => seen.length).toBe(2);
    expect(seen[1]).toMatchObject([{ kind: "image", media: { id: "med_1" } }]);
    expect(fetched).toHaveLength(1);
  });

  it("fetches the files of what waited when the process before it ended", async () => {
    const fetched: unknown[] = [];
    const options: PlatformOptions = {
      dispatch: { mediaGraceMs: 0 },
      media: {
        keep: async () => ({ id: "med_1", mime: "image/png", bytes: 1, sha256: "0" }),
        sign: (content) => content,
      },
      channel: {
        mediaLivesMs: 300_000,
        openMedia: async (ref) => {
          fetched.push(ref);
          return { body: (async function* () {})(), mime: "image/png" };
        },
      },
    };
    let begun = 0;
    const busy: Agent = {
      async *respond(_turn, signal) {
        begun += 1;
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      },
    };
    const before = await startGateway(busy, options);
    await before.receive(said("hi", { peer: "ann" }));
    await expect.poll(() => begun).toBe(1);
    await before.receive(said("", { peer: "ann", content: [{ kind: "image", media: { ref: { id: "1" } } }] }));
    await before.stop();

    const after = await startGateway(busy, { ...options, store: before.store });
    await expect.poll(() => begun).toBe(2);
    after.clock.advance(1_500);

    await expect.poll(() => fetched).toEqual([{ id: "1" }]);
  });

  it("does not keep the gateway from stopping while its files are fetched ahead", async () => {
    let opened: AbortSignal | undefined;
    let begun = false;
    const busy: Agent = {
      async *respond(_turn, signal) {
        begun = true;
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      },
    };
    const { receive, clock, stop } = await startGateway(busy, {
      channel: {
        mediaLivesMs: 300_000,
        openMedia: (_ref, signal) => {
          opened = signal;
          return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        },
      },
    });
    await receive(said("hi", { peer: "ann" }));
    await expect.poll(() => begun).toBe(true);
    await receive(said("", { peer: "ann", content: [{ kind: "image", media: { ref: { id: "1" } } }] }));
    clock.advance(31_000);
    await expect.poll(() => opened).toBeDefined();

    await stop();

    expect(opened?.aborted).toBe(true);
  });

  it("of somebody who is refused without a word is told apart: the channel says nothing either", async () => {
    const { receive, configure } = await startGateway(echo, {
      channel: { showsAtOnce: true },
      settings: { dmPolicy: "allowlist", allowFrom: ["ann"], groupPolicy: "disabled" },
    });
    const [heard, refused] = [said("hi", { peer: "ann" }), said("hi", { peer: "bob" })];
    const group = { channel: "support", account: "wk1", kind: "group", peer: "g1" } as const;
    const inGroup = said("hi", { from: group, sender: { id: "ann" } });

    const { overheard } = await receive(heard, refused, inGroup);
    configure({ notices: { ...NO_NOTICES, denied: "not here" } });
    const told = await receive(said("again", { peer: "bob" }));
    configure({ dmPolicy: "pairing", notices: { ...NO_NOTICES, pairing: "your code: {code}" } });
    const mayPair = await receive(said("and again", { peer: "bob" }));

    expect(overheard).toEqual(new Set([refused.id, inGroup.id]));
    expect([told, mayPair].map((accepted) => accepted.overheard)).toEqual([undefined, undefined]);
  });

  it("of somebody who was told already, or has the code, is told apart, too", async () => {
    const { receive, configure, texts } = await startGateway(echo, {
      channel: { showsAtOnce: true },
      settings: { dmPolicy: "disabled", notices: { ...NO_NOTICES, denied: "not here" } },
    });
    await receive(said("hi", { peer: "bob" }));
    await expect.poll(texts).toEqual(["not here"]);

    const told = said("hi again", { peer: "bob" });
    const answers = [await receive(told), await receive(said("hi", { peer: "eve" }))];
    await expect.poll(texts).toEqual(["not here", "not here"]);
    configure({ dmPolicy: "pairing", notices: { ...NO_NOTICES, pairing: "your code: {code}" } });
    answers.push(await receive(said("let me in", { peer: "bob" })));
    await expect.poll(texts).toEqual(["not here", "not here", expect.stringMatching("your code")]);
    const coded = said("and now?", { peer: "bob" });
    answers.push(await receive(coded));

    const silent = [new Set([told.id]), undefined, undefined, new Set([coded.id])];
    expect(answers.map(({ overheard }) => overheard)).toEqual(silent);
  });

  it("that an operator writes wrong is refused to the operator, and nothing of it is queued", async () => {
    const { dispatcher, store } = await startGateway(echo, {
      channel: {
        check({ kind }) {
          if (kind === "card") throw new RejectedError("card.card_action is missing", { code: "card.invalid" });
        },
      },
    });
    const to = await dispatcher.target("support", "wmBob");

    const sent = dispatcher.send(
      to,
      [
        { kind: "text", text: "see" },
        { kind: "card", card: {} },
      ],
      "api",
    );

    await expect(sent).rejects.toMatchObject({ code: "card.invalid" });
    expect((await store.query.deliveries({ limit: 10 })).items).toEqual([]);
  });

  it("names a file as the message did, not as the download does", async () => {
    let kept: string | undefined;
    const { receive } = await startGateway(echo, {
      dispatch: { mediaGraceMs: 0 },
      media: {
        keep: async ({ filename }) => {
          kept = filename;
          return { id: "med_1", mime: "text/plain", bytes: 1, sha256: "0" };
        },
        sign: (content) => content,
      },
      channel: {
        openMedia: async () => ({ body: (async function* () {})(), mime: "text/plain", filename: "MEDIA_ID.bin" }),
      },
    });

    await receive(said("", { content: [{ kind: "file", media: { ref: { id: "1" }, filename: "报告.txt" } }] }));

    await expect.poll(() => kept).toBe("报告.txt");
  });

  it("tells the agent why a file is missing", async () => {
    let seen: Turn | undefined;
    const { receive } = await startGateway(
      {
        async *respond(turn) {
          seen = turn;
        },
      },
      {
        dispatch: { mediaGraceMs: 0 },
        channel: { openMedia: () => Promise.reject(new RejectedError("the file is older than 3 days", { code: "x" })) },
      },
    );

    await receive(said("", { content: [{ kind: "file", media: { ref: { id: "1" }, filename: "a.pdf" } }] }));

    await expect
      .poll(() => seen?.messages[0]?.content)
      .toEqual([{ kind: "file", media: { error: "the file is older than 3 days", filename: "a.pdf" } }]);
  });
});

describe("an agent that fails", () => {
  it("is asked again, told the attempt, and nothing half said is sent", async () => {
    const attempts: number[] = [];
    const { receive, texts } = await startGateway({
      async *respond(turn) {
        attempts.push(turn.attempt);
        yield { kind: "text-delta", text: "half " };
        if (turn.attempt < 3) throw new TransientError("broke off", { code: "x", until: { at: new Date(0) } });
        yield { kind: "text-delta", text: "done" };
      },
    });

    await receive(said("hi"));

    await expect.poll(texts, { timeout: 5_000 }).toEqual(["half done"]);
    expect(attempts).toEqual([1, 2, 3]);
  });

  it("for good leaves the person a sentence, not the error", async () => {
    const { receive, texts } = await startGateway({
      async *respond() {
        throw new RejectedError("secret internals", { code: "x" });
      },
    });

    await receive(said("hi"));

    await expect.poll(texts).toEqual(["sorry"]);
  });

  it("by not ending is stopped at its time", async () => {
    const { receive, observations } = await startGateway(
      {
        async *respond() {
          await new Promise(() => {});
        },
      },
      { dispatch: { turnTimeoutMs: 10 } },
    );

    await receive(said("hi"));

    await expect
      .poll(() => observations.find(({ kind }) => kind === "turn-retried")?.error?.code)
      .toBe("agent.timeout");
  });

  it("yielding nothing sends nothing", async () => {
    const { receive, texts, observations } = await startGateway({ async *respond() {} });

    await receive(said("hi"));

    await expect.poll(() => observations.find(({ kind }) => kind === "turn-finished")?.outcome).toBe("silent");
    expect(texts()).toEqual([]);
  });
});

describe("commands", () => {
  it("are answered while a turn runs, and /stop ends it with the text already shown", async () => {
    const { receive, texts } = await startGateway({
      async *respond(_turn, signal) {
        yield { kind: "text-delta", text: "so far" };
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    await receive(said("tell me everything"));
    await new Promise((resolve) => setTimeout(resolve, 50));

    await receive(said("/stop"));

    await expect.poll(() => texts().length).toBe(2);
    expect(texts()).toContain("so far");
    expect(texts().some((text) => text.includes("Stopped"))).toBe(true);
  });

  it("give no agent run", async () => {
    let runs = 0;
    const { receive, texts } = await startGateway({
      async *respond() {
        runs += 1;
      },
    });

    await receive(said("/help"));

    await expect.poll(() => texts()[0]).toContain("/stop");
    expect(runs).toBe(0);
  });

  it("are refused where somebody else was named", async () => {
    const { receive, texts } = await startGateway(echo, { settings: { commands: { allowFrom: ["wmAlice"] } } });

    await receive(said("/status"));

    await expect.poll(texts).toEqual(["no"]);
  });

  it("begin a new session with /new", async () => {
    const sessions: string[] = [];
    const { receive, texts } = await startGateway({
      async *respond(turn) {
        sessions.push(turn.session);
        yield { kind: "text-delta", text: "ok" };
      },
    });

    await receive(said("a"));
    await expect.poll(() => texts().length).toBe(1);
    await receive(said("/new"));
    await expect.poll(() => texts().length).toBe(2);
    await receive(said("b"));
    await expect.poll(() => sessions.length).toBe(2);

    expect(sessions[0]).not.toBe(sessions[1]);
  });

  it("answer what the operator wrote", async () => {
    const price = { content: [{ kind: "text", text: "100 yuan" }] } as const;
    const { receive, texts } = await startGateway(echo, { settings: { commands: { custom: { "/price": price } } } });

    await receive(said("/price"));

    await expect.poll(texts).toEqual(["100 yuan"]);
  });

  it("hand over to a human at a keyword of the channel's, whoever may command", async () => {
    const { receive, texts } = await startGateway(echo, {
      channel: { handoffKeywords: ["人工"] },
      settings: { commands: { allowFrom: ["wmAlice"] } },
    });

    await receive(said("人工"));

    await expect.poll(texts).toEqual(["[handoff]"]);
  });

  it("switch the agent until /new, and only among those that are allowed", async () => {
    const named = (name: string): Agent => answering((text) => `${name}: ${text}`);
    const agents = new Map([
      ["main", named("main")],
      ["ops", named("ops")],
      ["secret", named("secret")],
    ]);
    const { receive, texts } = await startGateway(echo, {
      settings: { commands: { agents: ["main", "ops"] } },
      dispatch: { agents },
    });
    const answer = async (text: string, peer = "wmBob") => {
      const before = texts().length;
      await receive(said(text, { peer }));
      await expect.poll(() => texts().length).toBe(before + 1);
      return texts().at(-1);
    };

    expect(await answer("/agent")).toContain("main");
    expect(await answer("/agent secret")).not.toContain("secret");
    expect(await answer("hi")).toBe("main: hi");
    expect(await answer("/agent OPS")).toContain("ops");
    expect(await answer("hi")).toBe("ops: hi");
    expect(await answer("hi", "wmAlice")).toBe("main: hi");
    await answer("/new");
    expect(await answer("hi")).toBe("main: hi");
  });

  it("switch no agent where anybody may write and nothing was said about it", async () => {
    const agents = new Map([
      ["main", echo],
      ["ops", echo],
    ]);
    const { receive, texts } = await startGateway(echo, { dispatch: { agents } });

    await receive(said("/agent ops"));

    await expect.poll(texts).toEqual(["no"]);
  });
});

describe("access", () => {
  it("is asked before any agent, command or download", async () => {
    let touched = 0;
    const { receive, texts, observations } = await startGateway(
      {
        async *respond() {
          touched += 1;
        },
      },
      {
        settings: {
          dmPolicy: "allowlist",
          allowFrom: ["wmAlice"],
          notices: { ...NO_NOTICES, denied: "not here" },
        },
        channel: {
          openMedia: async () => {
            touched += 1;
            throw new Error("must not be fetched");
          },
        },
        dispatch: { mediaGraceMs: 0 },
      },
    );

    await receive(said("hi"), said("/help"), said("", { content: [{ kind: "image", media: { ref: {} } }] }));

    await expect
      .poll(() => observations.filter(({ outcome }) => outcome === "denied").length)
      .toBeGreaterThanOrEqual(2);
    expect(touched).toBe(0);
    await expect.poll(texts).toEqual(["not here"]);
  });

  it.each([
    ["whose conversation the channel holds together", { anyCase: true }],
    ["who has a conversation for each spelling", {}],
  ] as const)("is refused in words once a day to somebody %s", async (_who, more) => {
    const { receive, texts, observations } = await startGateway(echo, {
      settings: { dmPolicy: "disabled", notices: { ...NO_NOTICES, denied: "not here" } },
      channel: { personKey: (id) => id.toLowerCase(), ...more },
    });

    for (const [index, peer] of ["Pace", "pace", "PACE"].entries()) {
      await receive(said("hi", { peer }));
      await expect.poll(() => observations.filter(({ outcome }) => outcome === "denied").length).toBe(index + 1);
    }

    await expect.poll(texts).toEqual(["not here"]);
  });
});

describe("a delivery", () => {
  it("is repeated with the same id when its outcome is unknown", async () => {
    const ids: string[] = [];
    const { receive, texts, clock } = await startGateway(echo, {
      send(message, attempt) {
        ids.push(message.id);
        if (attempt === 1) throw new TransientError("timed out", { code: "x", sent: "unknown" });
        return {};
      },
    });

    await receive(said("hi"));
    await expect.poll(() => ids.length).toBe(1);
    clock.advance(2_000);

    await expect.poll(texts).toEqual(["echo hi"]);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(ids[1]);
  });

  it("that the platform refuses is dead with its reason, and the rest of its reply with it", async () => {
    const { receive, store, texts } = await startGateway(
      {
        async *respond(turn) {
          for (const text of ["a", "b"])
            yield { kind: "content", content: { kind: "text", text: `${text}${turn.messages.length}` } };
        },
      },
      {
        send(message) {
          if (message.piece.content[0]?.kind === "text" && message.piece.content[0].text === "a1")
            throw new RejectedError("content blocked", { code: "x.blocked" });
          return {};
        },
      },
    );

    await receive(said("hi"));

    await expect.poll(async () => (await store.query.deliveries({ limit: 10, state: "dead" })).items.length).toBe(2);
    expect(
      (await store.query.deliveries({ limit: 10, state: "dead" })).items.map(({ error }) => error?.code),
    ).toContain("x.blocked");
    expect(texts()).toEqual([]);
  });

  it("waits, and loses no attempt, while the operator must act", async () => {
    let broken = true;
    const { receive, store, texts, clock } = await startGateway(echo, {
      send() {
        if (broken) throw new AuthenticationError("secret was reset", { code: "x.secret", hint: "copy the new one" });
        return {};
      },
    });

    await receive(said("hi"));
    await expect.poll(async () => (await store.pausedAccounts()).length).toBe(1);
    broken = false;
    clock.advance(6 * 60_000);

    await expect.poll(texts, { timeout: 3_000 }).toEqual(["echo hi"]);
  });

  it("does not pause its account for ever: what is too old is given up, and others are sent", async () => {
    const { receive, store, texts, clock } = await startGateway(echo, {
      send({ to }) {
        if (to.peer === "new") throw new AuthenticationError("not permitted", { code: "x.forbidden" });
        return {};
      },
    });
    await receive(said("hi", { peer: "new" }));
    await expect.poll(async () => (await store.pausedAccounts()).length).toBe(1);

    clock.advance(73 * 3_600_000);
    await expect.poll(async () => (await store.query.deliveries({ limit: 1, state: "dead" })).items.length).toBe(1);
    await receive(said("hello", { peer: "known" }));

    await expect.poll(texts).toEqual(["echo hello"]);
    expect(await store.pausedAccounts()).toEqual([]);
  });

  it("waits alone when the operator must act for its conversation only", async () => {
    let full = true;
    const { receive, store, texts, clock } = await startGateway(echo, {
      send({ to }) {
        if (full && to.peer === "new")
          throw new AuthenticationError("too many", { code: "x.full", scope: "conversation" });
        return {};
      },
    });

    await receive(said("hi", { peer: "new" }));
    await expect.poll(async () => (await store.query.deliveries({ limit: 1 })).items[0]?.error?.code).toBe("x.full");
    await receive(said("hello", { peer: "known" }));
    await expect.poll(texts).toEqual(["echo hello"]);
    full = false;
    clock.advance(6 * 60_000);

    await expect.poll(texts, { timeout: 3_000 }).toEqual(["echo hello", "echo hi"]);
    expect(await store.pausedAccounts()).toEqual([]);
  });

  it("beyond the quota waits for the customer's next message, and the last one says so", async () => {
    const pieces = (count: number): Agent => ({
      async *respond(turn) {
        const text = turn.messages.map(({ content }) => (content[0]?.kind === "text" ? content[0].text : "")).join();
        if (text !== "list") return yield { kind: "text-delta", text: "thanks" };
        for (let index = 1; index <= count; index += 1)
          yield { kind: "content", content: { kind: "text", text: `${index}` } };
      },
    });
    const { receive, sent, texts } = await startGateway(pieces(7), {
      reply: { sendsPerInbound: 5, windowMs: 48 * 3_600_000 },
    });

    await receive(said("list"));
    await expect.poll(texts).toEqual(["1", "2", "3", "4", "5"]);
    expect(sent.map(({ note }) => note)).toEqual([undefined, undefined, undefined, undefined, "more-waits"]);

    await receive(said("more please"));
    await expect.poll(texts).toEqual(["1", "2", "3", "4", "5", "6", "7", "thanks"]);
  });

  it("is woken by a bare 'continue', which starts no turn", async () => {
    let runs = 0;
    const { receive, texts } = await startGateway(
      {
        async *respond() {
          runs += 1;
          for (let index = 1; index <= 3; index += 1)
            yield { kind: "content", content: { kind: "text", text: `${index}` } };
        },
      },
      { reply: { sendsPerInbound: 2 } },
    );
    await receive(said("list"));
    await expect.poll(texts).toEqual(["1", "2"]);

    await receive(said("继续"));

    await expect.poll(texts).toEqual(["1", "2", "3"]);
    expect(runs).toBe(1);
  });

  it("nobody asked for goes to its target", async () => {
    const { dispatcher, sent } = await startGateway(echo);

    const ids = await dispatcher.send(
      { channel: "support", account: "wk1", kind: "direct", peer: "wmEve" },
      [{ kind: "text", text: "news" }],
      "test",
    );

    await expect.poll(() => sent.map(({ id, to }) => ({ id, peer: to.peer }))).toEqual([{ id: ids[0], peer: "wmEve" }]);
  });
});

describe("a shutdown", () => {
  it("gives back what runs, and the next start answers it as the same attempt", async () => {
    const attempts: number[] = [];
    const first = await startGateway({
      async *respond(turn, signal) {
        attempts.push(turn.attempt);
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    await first.receive(said("hi"));
    await expect.poll(() => attempts.length).toBe(1);
    await first.stop();

    const { texts } = await startGateway(
      {
        async *respond(turn) {
          attempts.push(turn.attempt);
          yield { kind: "text-delta", text: "after the restart" };
        },
      },
      { store: first.store },
    );

    await expect.poll(texts).toEqual(["after the restart"]);
    expect(attempts).toEqual([1, 1]);
  });

  it("lets a turn that ends in time finish, and sends its reply", async () => {
    const { receive, stop, texts } = await startGateway({
      async *respond() {
        await new Promise((resolve) => setTimeout(resolve, 50));
        yield { kind: "text-delta", text: "just in time" };
      },
    });
    await receive(said("hi"));
    await new Promise((resolve) => setTimeout(resolve, 20));

    await stop();

    expect(texts()).toEqual(["just in time"]);
  });
});
