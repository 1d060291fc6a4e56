import type { Agent, InboundMessage, ReplyTarget } from "@wxgate/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { type PlatformOptions, said, startGateway } from "./test-support/gateway.ts";

/** The first turn ends when the test says so. */
function busyAgent() {
  let end = () => {};
  const isOver = new Promise<void>((resolve) => {
    end = resolve;
  });
  let begun = 0;
  const agent: Agent = {
    async *respond() {
      begun += 1;
      if (begun === 1) await isOver;
      yield { kind: "text-delta", text: `answer ${begun}` };
    },
  };
  return { agent, end: () => end(), begun: () => begun };
}

async function startBusy(more: PlatformOptions = {}) {
  const shown: ReplyTarget[] = [];
  const busy = busyAgent();
  const gateway = await startGateway(busy.agent, {
    ...more,
    channel: { showWaiting: async (target) => void shown.push(target), ...more.channel },
  });
  const message = (text: string, person = "ann", extra = {}) =>
    said(text, { peer: person, replyHandle: { reqId: `R-${text}` }, ...extra });
  await gateway.receive(message("first"));
  await expect.poll(busy.begun).toBe(1);
  const ids = () => shown.flatMap(({ answers }) => answers);
  return { ...gateway, busy, shown, ids, message };
}

describe("a message that waits behind a running turn", () => {
  it("is shown as heard, with what it can be answered by", async () => {
    const { receive, shown, busy, texts, message } = await startBusy();
    const second = message("second");

    await receive(second);

    await expect.poll(() => shown.length).toBe(1);
    const handles = [{ messageId: second.id, data: { reqId: "R-second" } }];
    expect(shown).toMatchObject([{ to: second.from, answers: [second.id], handles }]);
    busy.end();
    await expect.poll(texts).toEqual(["answer 1", "answer 2"]);
  });

  it("is not, when its own turn begins at once, when it is a command or when its sender is refused", async () => {
    const { receive, ids, texts, message, store } = await startBusy({
      settings: { dmPolicy: "allowlist", allowFrom: ["ann", "eve"] },
    });
    const refused = [message("let me in", "bob"), message("and again", "bob")];
    const heard = message("second");

    await receive(message("hello", "eve"), message("/help"), ...refused);
    await expect.poll(texts).toContain("answer 2");
    await receive(heard);

    await expect.poll(ids).toEqual([heard.id]);
    for (const { id } of refused) expect((await store.find("support", "wk1", id))?.unanswered).toBeUndefined();
  });

  it("is not, when its sender is refused by the time it waits", async () => {
    const { receive, configure, ids, message } = await startBusy();
    const refused = message("second");
    const heard = message("third", "ann", { sender: { id: "eve" } });
    configure({ dmPolicy: "allowlist", allowFrom: ["eve"] });

    await receive(refused, heard);

    await expect.poll(ids).toEqual([heard.id]);
  });

  it("is not, while it may be a picture whose words are still to come", async () => {
    const { receive, clock, ids, message } = await startBusy();
    const picture = message("", "ann", { content: [{ kind: "image", media: { error: "no" } }] });
    const words = message("what is it?");

    await receive(picture, words);
    await expect.poll(ids).toEqual([words.id]);
    clock.advance(2_000);

    await expect.poll(ids).toEqual([words.id, picture.id]);
  });

  it("is not, when a quick turn has answered it by the time that is known", async () => {
    const { receive, ids, texts, busy, message, store, stop } = await startBusy();
    const { find } = store;
    store.find = async (...of) => {
      const found = await find(...of);
      busy.end();
      await expect.poll(texts).toEqual(["answer 1", "answer 2"]);
      return found;
    };

    await receive(message("second"));
    await expect.poll(texts).toEqual(["answer 1", "answer 2"]);
    await stop();

    expect(ids()).toEqual([]);
  });

  it("is shown where the connection is, whoever received it", async () => {
    const shown: string[] = [];
    const showWaiting = async ({ answers }: ReplyTarget) => void shown.push(...answers);
    const { agent, end } = busyAgent();
    const channel = { tied: true, showWaiting };
    const { dispatcher, receive, clock } = await startGateway(agent, { channel, dispatch: { concurrency: 1 } });
    const [first, second] = ["ann", "bob"].map((peer) => said("hi", { peer, replyHandle: { reqId: peer } }));
    await receive(first as InboundMessage, second as InboundMessage);
    clock.advance(1_000);
    await expect.poll(() => shown).toEqual([]);
    const stop = new AbortController();
    onTestFinished(() => stop.abort());

    void dispatcher.own("support")("wk1", () => new Promise(() => {}), stop.signal);

    await expect.poll(() => shown).toEqual([second?.id]);
    end();
  });

  it("is shown also when an earlier one could not be", async () => {
    let calls = 0;
    const showWaiting = async () => {
      calls += 1;
      if (calls === 1) throw new Error("the disk is full");
    };
    const { receive, message } = await startBusy({ channel: { showWaiting } });

    await receive(message("second"), message("third"));

    await expect.poll(() => calls).toBe(2);
  });
});
