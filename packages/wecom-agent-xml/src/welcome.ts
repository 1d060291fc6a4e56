import { type ChannelPorts, type InboundEvent, TransientError } from "@wxgate/core";
import { followUpId } from "@wxgate/wecom-api";
import { memberKey } from "@wxgate/wecom-target";
import type { AgentXmlConfig } from "./config.ts";
import type { Prepare } from "./prepare.ts";
import type { Send } from "./send.ts";

interface WelcomeOptions {
  readonly config: Pick<AgentXmlConfig, "welcomeText" | "welcomeEveryHours">;
  readonly ports: Pick<ChannelPorts, "state" | "clock" | "log" | "instant">;
  readonly prepare: Prepare;
  readonly send: Send;
}

const HOUR_MS = 3_600_000;
const TRIES = 3;
const RETRY_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * Greets a member who opens the app or is given it, at most once in a period. The period is kept in the channel's state,
 * so that neither a restart nor a second gateway greets again. Never throws.
 */
export function createWelcome({ config, ports, prepare, send }: WelcomeOptions) {
  const { state, clock, log } = ports;

  return async function welcome(event: InboundEvent, signal: AbortSignal): Promise<void> {
    if (event.kind !== "entered" || event.sender === undefined) return;
    const key = `welcomed/${memberKey(event.sender.id)}`;
    try {
      const { welcomeText } = config;
      const configured = welcomeText === undefined ? undefined : ({ kind: "text", text: welcomeText } as const);
      const content = await ports.instant(event, configured);
      const ttlMs = config.welcomeEveryHours * HOUR_MS;
      if (content === undefined || !(await state.compareAndSet(key, undefined, event.id, { ttlMs }))) return;
      try {
        await say(event, content, signal);
      } catch (error) {
        // Not greeted: the next time the app is opened they shall be.
        await state.delete(key);
        throw error;
      }
    } catch (error) {
      log.warn({ err: error, event: event.id }, "a member could not be welcomed");
    }
  };

  async function say(event: InboundEvent, content: Parameters<Prepare>[0][number], signal: AbortSignal): Promise<void> {
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
}
