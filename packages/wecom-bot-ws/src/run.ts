import type { ChannelPorts, JsonValue, Logger } from "@wxgate/core";
import type { WecomBotWsConfig } from "./config.ts";
import { BOT_ERRCODES, ERR_CREDENTIALS, ERR_FREQUENCY } from "./errors.ts";
import type { Health } from "./health.ts";
import type { Link } from "./link.ts";
import type { Session, SessionEnd } from "./session.ts";

export interface RunOptions {
  readonly config: Pick<WecomBotWsConfig, "botId" | "maxReconnectAttempts" | "kicked">;
  readonly ports: Pick<ChannelPorts, "own" | "clock" | "random" | "state">;
  readonly log: Logger;
  readonly link: Link;
  readonly health: Health;
  /** One connection, from its opening to its end. */
  connect(onReady: (session: Session) => void, signal: AbortSignal): Promise<SessionEnd>;
  /** Another gateway may hold the account from now on. */
  onReleased(): void;
}

const BACKOFF = { firstMs: 1_000, longestMs: 30_000 };
/** More tries with a secret that is wrong lead to a ban. */
const CREDENTIAL_TRIES = 5;
const RATE_REST = { firstMs: 5 * 60_000, longestMs: 30 * 60_000 };
/** A lease that was lost is noticed within this time: then a kick was our own hand-over to another gateway. */
const HAND_OVER_MS = 15_000;
const DAY_MS = 24 * 3_600_000;
const REST = "rest";
const RETAKES = "retakes";

/** Keeps the bot's connection, on the one gateway that holds the account. */
export function createRun(options: RunOptions): (signal: AbortSignal) => Promise<void> {
  const { config, ports, link, health, log } = options;
  const { clock, random, state } = ports;
  const jittered = (ms: number) => Math.round(ms * (0.8 + random.fraction() * 0.4));
  const backoff = (attempt: number) => jittered(Math.min(BACKOFF.firstMs * 2 ** (attempt - 1), BACKOFF.longestMs));

  return async (signal) => {
    if (signal.aborted) return;
    await ports.own(config.botId, hold, signal);
  };

  async function hold(signal: AbortSignal): Promise<void> {
    try {
      await keepConnected(signal);
    } finally {
      link.closed("another gateway holds it, or the channel stops", "later");
      options.onReleased();
      health.set({ state: "starting", reason: "the connection is held elsewhere, or not made yet" });
    }
  }

  async function keepConnected(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let refusals = 0;
    let rests = 0;
    await restAsBefore(signal);
    while (!signal.aborted) {
      link.closed("it is being made", "soon");
      const ready = (session: Session) => {
        failures = 0;
        refusals = 0;
        rests = 0;
        health.set({ state: "ok" });
        link.opened(session);
        log.info({}, "the bot is connected");
      };
      const end = await options.connect(ready, signal);
      if (signal.aborted) return;
      link.closed(end.reason, "soon");
      switch (end.why) {
        case "kicked":
          await afterKick(signal);
          break;
        case "bad-credentials":
          refusals += 1;
          if (refusals >= CREDENTIAL_TRIES) return stop(end, BOT_ERRCODES[ERR_CREDENTIALS]?.hint, signal);
          await wait(end, backoff(refusals), refusals, signal);
          break;
        case "too-frequent":
          rests += 1;
          await rest(end, Math.min(RATE_REST.firstMs * 2 ** (rests - 1), RATE_REST.longestMs), signal);
          break;
        default:
          failures += 1;
          if (config.maxReconnectAttempts >= 0 && failures > config.maxReconnectAttempts) {
            return stop(end, "Raise maxReconnectAttempts, or reload to try again.", signal);
          }
          await wait(end, backoff(failures), failures, signal);
      }
    }
  }

  async function wait({ why, reason }: SessionEnd, ms: number, attempt: number, signal: AbortSignal): Promise<void> {
    health.set({ state: "degraded", reason: `the connection ended: ${reason}` });
    log.warn({ why, reason, attempt, retryInMs: ms }, "the bot's connection ended, it is made again");
    await pause(ms, signal);
  }

  /** The platform protects itself: minutes, also when the gateway starts anew meanwhile. */
  async function rest({ reason }: SessionEnd, ms: number, signal: AbortSignal): Promise<void> {
    const restMs = jittered(ms);
    await state.set(REST, clock.now() + restMs, { ttlMs: restMs });
    await restUntil(clock.now() + restMs, reason, signal);
  }

  async function restAsBefore(signal: AbortSignal): Promise<void> {
    const until = await state.get(REST);
    if (typeof until === "number") await restUntil(until, "the platform asked for a rest before the restart", signal);
  }

  async function restUntil(until: number, reason: string, signal: AbortSignal): Promise<void> {
    const ms = Math.min(until - clock.now(), RATE_REST.longestMs * 1.2);
    if (ms <= 0) return;
    link.closed(reason, "later");
    health.set({
      state: "paused",
      reason: `${reason}; it is tried again at ${new Date(clock.now() + ms).toISOString()}`,
      hint: BOT_ERRCODES[ERR_FREQUENCY]?.hint ?? "",
    });
    log.warn({ restMs: ms }, "the bot's connection rests");
    await pause(ms, signal);
  }

  /**
   * Only one connection per bot lives. A kick that follows a lost lease is our own hand-over: the lease's signal ends us
   * while we wait. Any other means that a client which knows nothing of us has the same bot.
   */
  async function afterKick(signal: AbortSignal): Promise<void> {
    link.closed("another client took the bot's connection", "later");
    const hint = "Each bot has one connection. Stop the other client, or give this gateway a bot of its own.";
    health.set({ state: "displaced", reason: "another client took the bot's connection", hint });
    log.info({}, "the bot's connection was taken over");
    await pause(HAND_OVER_MS, signal);
    if (signal.aborted) return;
    const { policy, coolDownSeconds, retakes } = config.kicked;
    const recent = timesIn(await state.get(RETAKES)).filter((time) => time > clock.now() - DAY_MS);
    if (policy === "stop" || recent.length >= retakes) {
      log.error(
        { retakes: recent.length, policy },
        "another client holds the bot: this one stands back until a restart",
      );
      return pause(Number.POSITIVE_INFINITY, signal);
    }
    // Longer each time, and never in step with the other client's.
    const coolDownMs = Math.round(coolDownSeconds * 1000 * 4 ** recent.length * (1 + random.fraction() * 0.5));
    log.error(
      { coolDownMs, retakesLeft: retakes - recent.length },
      "another client took the bot's connection; it is taken back",
    );
    await pause(Math.max(coolDownMs - HAND_OVER_MS, 0), signal);
    if (signal.aborted) return;
    await state.set(RETAKES, [...recent, clock.now()], { ttlMs: DAY_MS });
  }

  async function stop({ why, reason }: SessionEnd, hint: string | undefined, signal: AbortSignal): Promise<void> {
    link.closed(reason, why === "bad-credentials" ? "never" : "later");
    health.set({ state: "stopped", reason, ...(hint === undefined ? {} : { hint }) });
    log.error({ why, reason, hint }, "the bot is not connected any more and will not be until a restart or reload");
    await pause(Number.POSITIVE_INFINITY, signal);
  }

  /** @param ms infinity: until the signal fires */
  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    do {
      await clock.sleep(Math.min(ms, DAY_MS), signal).catch(() => {
        // Only the signal cuts it short; the caller looks at it.
      });
    } while (ms === Number.POSITIVE_INFINITY && !signal.aborted);
  }
}

function timesIn(value: JsonValue | undefined): readonly number[] {
  return Array.isArray(value) ? value.filter((time): time is number => typeof time === "number") : [];
}
