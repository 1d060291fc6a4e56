import {
  type ChannelPorts,
  type InboundEvent,
  type JsonObject,
  type JsonValue,
  type OutboundContent,
  type Sender,
  TransientError,
} from "@wxgate/core";
import { followUpId } from "@wxgate/wecom-api";
import { memberKey } from "@wxgate/wecom-target";
import type { AgentXmlConfig } from "./config.ts";
import type { Prepare } from "./prepare.ts";
import type { Send } from "./send.ts";

interface WelcomeOptions {
  readonly config: Pick<AgentXmlConfig, "welcomeText" | "welcomeEveryHours" | "duplicateCheck">;
  readonly ports: Pick<ChannelPorts, "state" | "clock" | "log" | "instant">;
  readonly prepare: Prepare;
  readonly send: Send;
}

/**
 * Greets a member who opens the app or is given it, once in a period. Marks are kept in the channel's state, so that neither
 * a restart nor a second gateway greets again, and a greeting that a crash broke off is made up for.
 */
export interface Welcome {
  /** Before the event is stored: notes a greeting that is due, for the case that this process does not get to it. */
  expect(event: InboundEvent): Promise<void>;
  /** Never throws. */
  greet(event: InboundEvent, signal: AbortSignal): Promise<void>;
  /** Makes up for what an earlier process broke off. */
  resume(signal: AbortSignal): Promise<void>;
}

type Entered = Extract<InboundEvent, { kind: "entered" }> & { readonly sender: Sender };

const HOUR_MS = 3_600_000;
/** So long the platform's duplicate check drops a repeat for sure: what is older may be seen twice. */
const REPEATABLE_MS = 30 * 60_000;
const TRIES = 3;
const RETRY_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;
const LONGEST_GREETING_MS = 3 * LONGEST_WAIT_MS;
const DUE = "welcoming/";

export function createWelcome({ config, ports, prepare, send }: WelcomeOptions): Welcome {
  const { state, clock, log } = ports;
  const markKey = ({ sender }: Entered) => `welcomed/${memberKey(sender.id)}`;
  const dueKey = ({ id }: Entered) => `${DUE}${id}`;
  const begun = ({ id }: Entered) => `begun:${id}`;

  function contentFor(event: Entered): Promise<OutboundContent | undefined> {
    const { welcomeText } = config;
    return ports.instant(event, welcomeText === undefined ? undefined : { kind: "text", text: welcomeText });
  }

  /** @returns whether this greeting is ours to make */
  async function begin(event: Entered, before: JsonValue | undefined): Promise<boolean> {
    if (before !== undefined) return before === begun(event);
    return state.compareAndSet(markKey(event), undefined, begun(event), { ttlMs: REPEATABLE_MS });
  }

  async function greetOnce(event: Entered, signal: AbortSignal): Promise<void> {
    const before = await state.get(markKey(event));
    // Mostly: the app is opened again and again. Nothing was noted then either.
    if (before !== undefined && before !== begun(event)) return;
    const content = await contentFor(event);
    if (content !== undefined && (await begin(event, before))) await greetAndMark(event, content, signal);
    await state.delete(dueKey(event));
  }

  async function greetAndMark(event: Entered, content: OutboundContent, signal: AbortSignal): Promise<void> {
    try {
      await say(event, content, signal);
    } catch (error) {
      // Broken off by the end of this process, it is the next one's. Else: the next time the app is opened they shall be.
      if (!signal.aborted) await Promise.all([state.delete(markKey(event)), state.delete(dueKey(event))]);
      throw error;
    }
    await state.set(markKey(event), event.id, { ttlMs: config.welcomeEveryHours * HOUR_MS });
  }

  async function say(event: Entered, content: OutboundContent, signal: AbortSignal): Promise<void> {
    const pieces = prepare([content], { to: event.from, longReply: "continue" });
    for (const [index, piece] of pieces.entries()) {
      const message = { to: event.from, id: followUpId(event.id, index), attempt: 1, answers: [], piece };
      await patiently(() => send(message, signal), signal);
    }
  }

  /** It may be repeated: the id is the same, so the platform's duplicate check applies. */
  async function patiently(work: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await work();
        return;
      } catch (error) {
        if (!(error instanceof TransientError) || attempt === TRIES) throw error;
        await clock.sleep(waitMs(error, attempt), signal);
      }
    }
  }

  function waitMs({ until }: TransientError, attempt: number): number {
    const at = typeof until === "object" ? until.at : undefined;
    return at === undefined ? RETRY_MS * attempt : Math.min(Math.max(0, at.getTime() - clock.now()), LONGEST_WAIT_MS);
  }

  async function greet(event: InboundEvent, signal: AbortSignal): Promise<void> {
    if (!isEntered(event)) return;
    try {
      await greetOnce(event, signal);
    } catch (error) {
      log.warn({ err: error, event: event.id }, "a member could not be welcomed");
    }
  }

  return {
    async expect(event) {
      if (!isEntered(event) || (await contentFor(event)) === undefined) return;
      if ((await state.get(markKey(event))) === undefined) {
        await state.set(dueKey(event), toJson(event), { ttlMs: REPEATABLE_MS });
      }
    },
    greet,
    async resume(signal) {
      const due = await state.list(DUE);
      // Another gateway may be at it; without the platform's check a second one would be seen.
      if (due.length > 0 && !config.duplicateCheck) {
        await clock.sleep(LONGEST_GREETING_MS, signal).catch(() => {
          // Over; the loop sees it.
        });
      }
      for (const { key, value } of due) {
        if (signal.aborted) return;
        await greet(fromJson(key.slice(DUE.length), value), signal);
      }
    },
  };
}

function isEntered(event: InboundEvent): event is Entered {
  return event.kind === "entered" && event.sender !== undefined;
}

/** What of an event is needed to greet later. */
type Due = Pick<Entered, "from" | "sender" | "scene"> & { readonly at: number };

function toJson({ from, sender, at, scene }: Entered): JsonObject {
  return { from: { ...from }, sender: { ...sender }, at: at.getTime(), ...(scene === undefined ? {} : { scene }) };
}

/** Under that key stands only what `toJson` wrote. */
function fromJson(id: string, value: JsonValue): Entered {
  const { at, ...due } = value as unknown as Due;
  return { ...due, id, kind: "entered", at: new Date(at) };
}
