import { type Agent, type Answer, chosenItem, type OutboundContent, type Turn, textOf } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { type PlatformOptions, said, startGateway } from "./test-support/gateway.ts";

const MENU: Extract<OutboundContent, { kind: "menu" }> = {
  kind: "menu",
  head: "May I delete it?",
  items: [
    { id: "q1.yes", text: "Yes" },
    { id: "q1.no", text: "No" },
  ],
};

interface Asking {
  readonly content?: OutboundContent;
  readonly timeoutMs?: number;
}

/** Asks, waits for the answer, and says what it was. */
function asker({ content = { kind: "text", text: "which one?" }, timeoutMs }: Asking = {}) {
  const turns: Turn[] = [];
  const agent: Agent = {
    async *respond(turn, signal) {
      turns.push(turn);
      let told: (answer: Answer) => void = () => {};
      const answered = new Promise<Answer>((resolve, reject) => {
        told = resolve;
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
      yield {
        kind: "ask",
        question: { content, ...(timeoutMs === undefined ? {} : { timeoutMs }), answer: (answer) => told(answer) },
      };
      const answer = await answered;
      yield { kind: "text-delta", text: `got ${wordsOf(answer)}` };
    },
  };
  return { agent, turns };
}

function wordsOf(answer: Answer): string {
  return answer.kind === "unanswered" ? "nothing" : textOf(answer.message.content);
}

const group = (text: string, sender: string) =>
  said(text, { from: { channel: "support", account: "wk1", kind: "group", peer: "g1" }, sender: { id: sender } });

describe("a question in the middle of a turn", () => {
  it("is answered by the person's next message, which starts no turn of its own", async () => {
    const { agent, turns } = asker();
    const { receive, texts } = await startGateway(agent);

    await receive(said("paint it"));
    await expect.poll(texts).toEqual(["which one?"]);
    await receive(said("the red one"));

    await expect.poll(texts).toEqual(["which one?", "got the red one"]);
    expect(turns).toHaveLength(1);
  });

  it("has nothing left open on the phone, of the answer either, when the turn then says nothing", async () => {
    const settled: (readonly string[])[] = [];
    const { agent } = asker();
    const silent: Agent = {
      async *respond(turn, signal) {
        for await (const event of agent.respond(turn, signal)) if (event.kind !== "text-delta") yield event;
      },
    };
    const { receive, texts } = await startGateway(silent, {
      channel: { settle: async ({ answers }) => void settled.push(answers) },
    });
    const [first, second] = [said("paint it"), said("the red one")];

    await receive(first);
    await expect.poll(texts).toEqual(["which one?"]);
    await receive(second);

    await expect.poll(() => settled).toEqual([[first.id, second.id]]);
  });

  it("is answered by a tap, a number or the words where only some answers fit", async () => {
    const { receive, texts } = await startGateway({
      async *respond() {
        let told: (answer: Answer) => void = () => {};
        const answered = new Promise<Answer>((resolve) => {
          told = resolve;
        });
        yield { kind: "ask", question: { content: MENU, answer: (answer) => told(answer) } };
        const answer = await answered;
        const chosen = answer.kind === "answered" ? chosenItem(MENU, answer.message.content) : undefined;
        yield { kind: "text-delta", text: `chosen ${chosen}` };
      },
    });

    await receive(said("delete it", { peer: "wmTaps" }), said("delete it", { peer: "wmTypes" }));
    await expect.poll(texts).toEqual(["[menu]", "[menu]"]);
    await receive(said("", { peer: "wmTaps", content: [{ kind: "choice", id: "q1.no", text: "No" }] }));
    await receive(said("1", { peer: "wmTypes" }));

    await expect.poll(() => texts().slice(2).sort()).toEqual(["chosen q1.no", "chosen q1.yes"]);
  });

  it("is answered by nobody else in a group, whose words form the next turn", async () => {
    const { agent, turns } = asker();
    const { receive, texts } = await startGateway(agent);

    await receive(group("paint it", "ann"));
    await expect.poll(texts).toEqual(["which one?"]);
    await receive(group("blue!", "ben"));
    await receive(group("red", "ann"));

    await expect.poll(texts).toEqual(["which one?", "got red", "which one?"]);
    expect(turns.map(({ sender, messages }) => [sender.id, textOf(messages[0]?.content ?? [])])).toEqual([
      ["ann", "paint it"],
      ["ben", "blue!"],
    ]);
  });

  it("lets the turn go on without an answer when its time is up, and takes no late one", async () => {
    const { agent, turns } = asker({ timeoutMs: 300 });
    const { receive, texts } = await startGateway(agent);

    await receive(said("paint it"));

    await expect.poll(texts).toEqual(["which one?", "got nothing"]);
    await receive(said("red"));
    await expect.poll(() => turns.length).toBe(2);
    expect(textOf(turns[1]?.messages[0]?.content ?? [])).toBe("red");
  });

  it("ends with /stop, and the next message is a turn again", async () => {
    const { agent, turns } = asker();
    const { receive, texts, observations } = await startGateway(agent);

    await receive(said("paint it"));
    await expect.poll(texts).toEqual(["which one?"]);
    await receive(said("/stop"));
    await expect.poll(() => observations.some(({ outcome }) => outcome === "cancelled")).toBe(true);
    await receive(said("something else"));

    await expect
      .poll(() => turns.map(({ messages }) => textOf(messages[0]?.content ?? [])))
      .toEqual(["paint it", "something else"]);
  });

  it("leaves other commands to themselves", async () => {
    const { agent } = asker();
    const { receive, texts } = await startGateway(agent);

    await receive(said("paint it"));
    await expect.poll(texts).toEqual(["which one?"]);
    await receive(said("/whoami"));
    await expect.poll(() => texts().length).toBe(2);
    await receive(said("red"));

    await expect.poll(() => texts()[2]).toBe("got red");
  });

  it("does not use up the turn's time", async () => {
    const { agent } = asker({ timeoutMs: 60_000 });
    const { receive, texts, clock } = await startGateway(agent, { dispatch: { turnTimeoutMs: 5_000 } });

    await receive(said("paint it"));
    await expect.poll(texts).toEqual(["which one?"]);
    clock.advance(30_000);
    await receive(said("red"));

    await expect.poll(texts).toEqual(["which one?", "got red"]);
  });

  it("takes no place from turns that have work to do", async () => {
    const { agent } = asker();
    const { receive, texts } = await startGateway(agent, { dispatch: { concurrency: 1 } });

    await receive(said("paint it", { peer: "wmWaits" }));
    await expect.poll(texts).toEqual(["which one?"]);
    await receive(said("paint mine", { peer: "wmOther" }));

    await expect.poll(texts).toEqual(["which one?", "which one?"]);
  });

  it("comes with the next one only when it was answered", async () => {
    const { receive, texts } = await startGateway({
      async *respond() {
        const answers: string[] = [];
        for (const text of ["first?", "second?"]) {
          yield {
            kind: "ask",
            question: { content: { kind: "text", text }, answer: (answer) => void answers.push(wordsOf(answer)) },
          };
        }
        await expect.poll(() => answers.length, { timeout: 5_000 }).toBe(2);
        yield { kind: "text-delta", text: answers.join("+") };
      },
    });

    await receive(said("go"));
    await expect.poll(texts).toEqual(["first?"]);
    await receive(said("one"));
    await expect.poll(texts).toEqual(["first?", "second?"]);
    await receive(said("two"));

    await expect.poll(() => texts()[2]).toBe("one+two");
  });

  it("whose agent does not wait is answered by the next turn", async () => {
    const turns: Turn[] = [];
    const { receive, texts } = await startGateway({
      async *respond(turn) {
        turns.push(turn);
        if (turns.length === 1) yield { kind: "ask", question: { content: { kind: "text", text: "which one?" } } };
        else yield { kind: "text-delta", text: "thanks" };
      },
    });

    await receive(said("paint it"));
    await expect.poll(texts).toEqual(["which one?"]);
    await expect.poll(() => turns.length).toBe(1);
    await receive(said("red"));

    await expect.poll(texts).toEqual(["which one?", "thanks"]);
  });

  it("and its answer are remembered for an agent without memory", async () => {
    const { agent, turns } = asker();
    const { receive, texts } = await startGateway({ ...agent, capabilities: { history: false } });

    await receive(said("paint it"));
    await expect.poll(texts).toEqual(["which one?"]);
    await receive(said("red"));
    await expect.poll(() => texts().length).toBe(2);
    await receive(said("again"));

    await expect.poll(() => turns.length).toBe(2);
    expect(turns[1]?.history.map(({ text }) => text)).toEqual(["paint it", "red", "which one?\ngot red"]);
  });
});

describe("a question whose turn is interrupted", () => {
  async function interrupted(options: PlatformOptions = {}) {
    const first = asker();
    const before = await startGateway(first.agent, options);
    await before.receive(said("paint it"));
    await expect.poll(before.texts).toEqual(["which one?"]);
    const stoppedAt = Date.now();
    await before.stop();
    const stoppedInMs = Date.now() - stoppedAt;
    return { store: before.store, before, stoppedInMs };
  }

  it("does not hold up the end of the gateway", async () => {
    const { store, stoppedInMs } = await interrupted();

    expect(stoppedInMs).toBeLessThan(2_000);
    expect((await store.query.counts()).runningTurns).toBe(0);
  });

  it("is not sent again, and takes the answer that came meanwhile", async () => {
    const { store, before } = await interrupted();
    await before.receive(said("red"));
    const second = asker();

    const after = await startGateway(second.agent, { store });

    await expect.poll(after.texts).toEqual(["got red"]);
    expect(second.turns).toMatchObject([
      {
        attempt: 1,
        messages: [{ content: [{ kind: "text", text: "paint it" }] }],
        asked: [{ content: { kind: "text", text: "which one?" }, answer: [{ kind: "text", text: "red" }] }],
      },
    ]);
  });

  it("is not sent again while nobody has answered", async () => {
    const { store } = await interrupted();
    const second = asker();

    const after = await startGateway(second.agent, { store });
    await expect.poll(() => second.turns.length).toBe(1);
    await after.receive(said("red"));

    await expect.poll(after.texts).toEqual(["got red"]);
  });

  it("does not answer another question with what was meant for the first", async () => {
    const { store, before } = await interrupted();
    await before.receive(said("yes"));
    const second = asker({ content: { kind: "text", text: "delete everything?" } });

    const after = await startGateway(second.agent, { store });

    await expect.poll(after.texts).toEqual(["delete everything?"]);
    expect(second.turns[0]?.asked?.[0]?.answer).toEqual([{ kind: "text", text: "yes" }]);
    await after.receive(said("no"));
    await expect.poll(after.texts).toEqual(["delete everything?", "got no"]);
  });
});
