import { setTimeout as sleep } from "node:timers/promises";
import type { CallbackSender } from "../callbacks.ts";
import type { SimClock } from "../clock.ts";
import { type ActiveFault, type FaultDefinition, FaultError, type FaultSetting, type Faults } from "../faults.ts";
import type { JsonObject } from "../json.ts";
import type {
  AccountDescription,
  CallbackRegistration,
  CallbackState,
  PersonMessage,
  Platform,
  Screen,
  ScreenQuery,
  SentMessage,
  Tap,
  TapResult,
} from "../platform.ts";
import type { LogEntry, LogQuery, RequestLog } from "../request-log.ts";
import { ControlError } from "./errors.ts";

export interface ClockState {
  readonly now: string;
  /** How far the clock was moved ahead. */
  readonly offsetMs: number;
}

export interface FaultState {
  readonly active: readonly ActiveFault[];
  readonly known: readonly FaultDefinition[];
}

/** Everything a test or the playground does to the simulator; the HTTP control API is this, word for word. */
export interface Control {
  accounts(): readonly AccountDescription[];
  registerCallback(account: string, url: string, options?: { force?: boolean }): Promise<CallbackRegistration>;
  callbackStates(): readonly CallbackState[];
  send(message: PersonMessage): Promise<SentMessage>;
  screen(query: ScreenQuery): Screen;
  tap(tap: Tap): Promise<TapResult>;
  scan(scan: { readonly qrcode: string; readonly user: string; readonly confirm: boolean }): Promise<JsonObject>;
  setFaults(settings: readonly FaultSetting[]): FaultState;
  /** One fault by name, or all. */
  clearFaults(names?: readonly string[]): FaultState;
  faults(): FaultState;
  advance(ms: number): Promise<ClockState>;
  clock(): ClockState;
  log(query?: LogQuery): { readonly next: number; readonly dropped: number; readonly entries: readonly LogEntry[] };
  /** A platform's own control action, such as `act("kf", "take-over", { … })`. */
  act(platform: string, verb: string, body: JsonObject): Promise<JsonObject>;
  /** Forgets messages, tokens, faults, timers and the log; callback addresses stay, and so do old cursors. */
  reset(): void;
  /** Resolves when no callback is under way any more. */
  idle(): Promise<void>;
}

interface ControlParts {
  readonly platforms: readonly Platform[];
  readonly clock: SimClock;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly callbacks: CallbackSender;
  /** Forgets what belongs to no platform: tokens, bans, media. */
  readonly resetShared: () => void;
}

export function createControl({ platforms, clock, faults, log, callbacks, resetShared }: ControlParts): Control {
  function owner(account: string): Platform {
    const platform = platforms.find((one) => one.has(account));
    if (platform) return platform;
    const known = platforms.flatMap((one) => one.accounts().map((described) => described.account)).join(", ");
    throw new ControlError(404, `There is no account "${account}".`, `Accounts: ${known}`);
  }

  function asControlError<Value>(work: () => Value): Value {
    try {
      return work();
    } catch (error) {
      if (error instanceof FaultError) throw new ControlError(400, error.message, error.hint);
      throw error;
    }
  }

  const faultState = (): FaultState => ({ active: faults.active(), known: faults.known() });
  const clockState = (): ClockState => ({ now: new Date(clock.now()).toISOString(), offsetMs: clock.offsetMs() });

  return {
    accounts: () => platforms.flatMap((platform) => platform.accounts()),
    async registerCallback(account, url, { force = false } = {}) {
      const platform = owner(account);
      if (!platform.registerCallback) {
        throw new ControlError(400, `The account "${account}" has no callbacks.`, "Its client connects by itself.");
      }
      if (!/^https?:$/.test(protocolOf(url))) {
        throw new ControlError(400, `"${url}" is no http(s) address.`, "Give the full address of the webhook.");
      }
      return platform.registerCallback(account, url, force);
    },
    callbackStates: () => platforms.flatMap((platform) => platform.callbackStates?.() ?? []),
    send: async (message) => owner(message.account).send(message),
    screen: (query) => owner(query.account).screen(query),
    tap: async (tap) => owner(tap.account).tap(tap),
    async scan(scan) {
      const platform = platforms.find((one) => one.scan);
      if (!platform?.scan) {
        throw new ControlError(
          404,
          "No account here logs in by QR code.",
          "Only platforms with a QR login take scans.",
        );
      }
      return platform.scan(scan);
    },
    setFaults: (settings) =>
      asControlError(() => {
        for (const setting of settings) faults.set(setting);
        return faultState();
      }),
    clearFaults: (names) =>
      asControlError(() => {
        if (names) for (const name of names) faults.clear(name);
        else faults.clear();
        return faultState();
      }),
    faults: faultState,
    async advance(ms) {
      clock.advance(ms);
      // What the timers started gets a turn before the answer.
      await sleep(0);
      return clockState();
    },
    clock: clockState,
    log: (query) => log.read(query),
    async act(platformName, verbName, body) {
      const platform = platforms.find(({ name }) => name === platformName);
      const verb = platform && Object.hasOwn(platform.verbs, verbName) ? platform.verbs[verbName] : undefined;
      if (verb) return verb.run(body);
      const known = platforms
        .flatMap(({ name, verbs }) => Object.keys(verbs).map((one) => `${name}/${one}`))
        .join(", ");
      throw new ControlError(404, `There is no control action "${platformName}/${verbName}".`, `Actions: ${known}`);
    },
    reset() {
      faults.clear();
      clock.reset();
      for (const platform of platforms) platform.reset();
      resetShared();
      log.clear();
    },
    idle: () => callbacks.idle(),
  };
}

function protocolOf(url: string): string {
  try {
    return new URL(url).protocol;
  } catch {
    return "";
  }
}
