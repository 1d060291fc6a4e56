import { inspect } from "node:util";
import {
  type Address,
  type Channel,
  ChannelError,
  type Fetch,
  type MediaRef,
  type OutboundContent,
  type Piece,
} from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { outboundContract } from "./outbound-contract.ts";
import { settled } from "./test-clock.ts";
import { createTestPorts, type TestPorts } from "./test-ports.ts";
import { webhookContract } from "./webhook-contract.ts";

/** What the contract needs to know of one channel type. Parts that a channel does not have are left out. */
export interface ChannelContractOptions {
  create(test: TestPorts): Channel | Promise<Channel>;
  /** The platform as it should be: takes what is right, and has one message for us wherever it is asked. */
  platform(): Fetch;
  /** Every credential of the configuration. */
  readonly secrets: readonly string[];
  /** When the test's clock begins; default: the platform's messages are of now. */
  readonly now?: number;
  readonly webhook?: WebhookFacts;
  readonly outbound?: OutboundFacts;
  readonly targets?: TargetFacts;
  /** Names a file for `openMedia`. */
  readonly media?: MediaRef;
}

export interface WebhookFacts {
  /** A genuine callback that brings one message; the same on every call, but a new object. */
  genuine(): Request;
  /**
   * `after-accept`: it is acknowledged when it is stored. `doorbell`: it carries no message, is acknowledged at once, and
   * what it announces is pulled until it is stored.
   */
  readonly acknowledges: "after-accept" | "doorbell";
  /** The answer when it cannot be stored; of a doorbell the usual one. */
  readonly whenNotStored: number;
  /** The same with a wrong signature. */
  forged(): Request;
  /** Rightly signed, but no content of this channel; undefined where all content is. */
  foreign?(): Request;
  /** The console's check of the address, and its exact answer. */
  check(): { readonly request: Request; readonly answer: string };
  /** More than the channel reads, in bytes. */
  readonly tooManyBytes: number;
}

export interface OutboundFacts {
  readonly to: Address;
  /** What is wrong with a piece that was prepared; undefined: the platform takes it. */
  problem(piece: Piece): string | undefined;
  /** Text that people see in a piece. */
  shownText(piece: Piece): string;
  /** Kinds the channel may answer with no piece at all. */
  readonly silentKinds?: readonly OutboundContent["kind"][];
}

export interface TargetFacts {
  readonly good: readonly { readonly text: string; readonly address: Address }[];
  readonly bad: readonly string[];
  /** Every refusal names these forms. */
  readonly forms: readonly RegExp[];
}

/** What one test of the contract works with. */
export interface Subject {
  readonly channel: Channel;
  readonly test: TestPorts;
  /** The platform answers nothing any more: every request waits until it is given up. */
  hang(): void;
  /** Every request fails with an error that repeats its address. */
  cut(): void;
}
export type StartSubject = () => Promise<Subject>;

const BOUND_MS = 2_000;

/** What every channel must do, whatever its platform. */
export function channelContract(name: string, options: ChannelContractOptions): void {
  const subjects: Subject[] = [];
  const start: StartSubject = async () => {
    const subject = await createSubject(options);
    subjects.push(subject);
    return subject;
  };

  describe(`${name}: the contract of channels`, () => {
    if (options.webhook !== undefined) webhookContract(options.webhook, start);
    if (options.outbound !== undefined) outboundContract(options.outbound, start);
    if (options.targets !== undefined) targetContract(options.targets, start);
    stopContract(options, start);

    it("tells its health in the agreed shape, before and after it was at work", async () => {
      const { channel, test } = await start();
      const stop = new AbortController();

      const before = channel.health();
      const running = channel.run?.(stop.signal);
      await test.clock.advance(1_000);
      const after = channel.health();
      stop.abort();
      await running;

      for (const health of [before, after]) {
        expect(health).toMatchObject({ state: expect.any(String), accounts: expect.any(Array) });
        for (const account of health.accounts) {
          expect(account).toMatchObject({
            account: expect.any(String),
            state: expect.any(String),
            since: expect.any(Date),
          });
        }
      }
    });

    it("writes no credential into logs, errors or health, nor unsealed into the state", async () => {
      const subject = await start();
      const seen: unknown[] = await provokeErrors(subject, options);
      const { test } = subject;
      const unsealed = [...test.state].filter(([, { sealed }]) => !sealed);
      const written = inspect(
        [seen, unsealed, subjects.map((each) => [each.test.logs, each.channel.health(), each.test.inbox.batches])],
        { depth: 12, maxStringLength: null, maxArrayLength: null, showHidden: true },
      );

      for (const secret of options.secrets) expect(written.includes(secret), "a credential was written").toBe(false);
    });
  });
}

async function createSubject(options: ChannelContractOptions): Promise<Subject> {
  const works = options.platform();
  let fetch: Fetch = works;
  const test = createTestPorts({
    fetch: (input, init) => fetch(input, init),
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const channel = await options.create(test);
  return {
    channel,
    test,
    hang() {
      fetch = (_input, init) =>
        new Promise((_, reject) => {
          const giveUp = () => reject(init?.signal?.reason);
          if (init?.signal?.aborted) giveUp();
          else init?.signal?.addEventListener("abort", giveUp, { once: true });
        });
    },
    cut() {
      fetch = async (input) => {
        throw new TypeError(`fetch failed: ${input instanceof Request ? input.url : String(input)}`);
      };
    },
  };
}

function targetContract(facts: TargetFacts, start: StartSubject): void {
  it.each(facts.good)("finds whom $text means", async ({ text, address }) => {
    const { channel } = await start();

    expect(await channel.target(text)).toEqual(address);
  });

  it.each(facts.bad)("refuses the target %j and names the forms it takes", async (text) => {
    const { channel } = await start();

    const error = await failureOf(async () => channel.target(text));

    expect(error).toMatchObject({ name: "RejectedError", code: expect.stringMatching(/^[a-z0-9-]+\.[a-z0-9-]+$/) });
    for (const form of facts.forms) expect((error as Error).message).toMatch(form);
  });
}

function stopContract(options: ChannelContractOptions, start: StartSubject): void {
  it("ends its work soon after the signal fires, also when the platform does not answer", async () => {
    const subject = await start();
    subject.hang();
    const stop = new AbortController();
    const running = subject.channel.run?.(stop.signal);
    await subject.test.clock.advance(1_000);

    stop.abort();

    expect(await soon(running)).toBe("done");
  });

  it("begins no work when the signal has fired before", async () => {
    const { channel } = await start();

    expect(await soon(channel.run?.(AbortSignal.abort()))).toBe("done");
  });

  it("can be closed, also twice, and while something runs", async () => {
    const subject = await start();
    if (options.webhook !== undefined) await subject.channel.webhook?.(options.webhook.genuine());
    subject.hang();

    expect(await soon(subject.channel.close?.())).toBe("done");
    expect(await soon(subject.channel.close?.())).toBe("done");
  });

  if (options.outbound !== undefined) {
    const { to } = options.outbound;
    it("gives up a send when the signal fires", async () => {
      const subject = await start();
      const [piece] = subject.channel.prepare([{ kind: "text", text: "hi" }], { to, longReply: "continue" });
      subject.hang();
      const stop = new AbortController();
      const message = {
        id: "abort0123",
        replyId: "rpl_1",
        to,
        answers: [],
        handles: [],
        piece: piece as Piece,
        attempt: 1,
      };
      const sending = subject.channel.send(message, stop.signal);
      await settled();

      stop.abort(new Error("enough"));

      expect(await soon(sending)).toBe("failed");
    });
  }

  const { media } = options;
  if (media !== undefined) {
    it("gives up opening a file when the signal fires", async () => {
      const subject = await start();
      subject.hang();
      const stop = new AbortController();
      const opening = subject.channel.openMedia?.(media, stop.signal);
      await settled();

      stop.abort(new Error("enough"));

      expect(await soon(opening)).toBe("failed");
    });
  }
}

/** Makes the channel fail in every way the contract knows; what it threw. */
async function provokeErrors(subject: Subject, options: ChannelContractOptions): Promise<unknown[]> {
  const { channel, test } = subject;
  const signal = new AbortController().signal;
  const seen: unknown[] = [];
  subject.cut();
  if (options.webhook !== undefined) {
    for (const request of [options.webhook.genuine(), options.webhook.forged()]) {
      const response = await channel.webhook?.(request);
      seen.push(await response?.text(), [...(response?.headers ?? [])]);
    }
  }
  if (options.outbound !== undefined) {
    const { to } = options.outbound;
    const [piece] = channel.prepare([{ kind: "text", text: "hi" }], { to, longReply: "continue" });
    const message = {
      id: "fails0123",
      replyId: "rpl_1",
      to,
      answers: [],
      handles: [],
      piece: piece as Piece,
      attempt: 1,
    };
    const error = await failureOf(() => channel.send(message, signal));
    expect(error).toBeInstanceOf(ChannelError);
    seen.push(error);
  }
  if (options.media !== undefined) {
    const { media } = options;
    seen.push(await failureOf(async () => channel.openMedia?.(media, signal)));
  }
  const stop = new AbortController();
  const running = channel.run?.(stop.signal);
  await test.clock.advance(5_000);
  stop.abort();
  await running;
  return seen;
}

/** How a promise ended within the bound. */
async function soon(work: Promise<unknown> | undefined): Promise<"done" | "failed" | "still running"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"still running">((resolve) => {
    timer = setTimeout(() => resolve("still running"), BOUND_MS);
  });
  const ended = Promise.resolve(work).then(
    () => "done" as const,
    () => "failed" as const,
  );
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function failureOf(work: () => Promise<unknown> | unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("this should have failed");
}
