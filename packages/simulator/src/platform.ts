import type { CallbackDelivery, CallbackSender, UrlCheck } from "./callbacks.ts";
import type { SimClock } from "./clock.ts";
import type { Content } from "./control/content.ts";
import type { FaultDefinition, Faults } from "./faults.ts";
import type { Exchange } from "./http-io.ts";
import type { JsonObject } from "./json.ts";
import type { QyapiRoutes } from "./qyapi/calls.ts";
import type { Corps } from "./qyapi/corps.ts";
import type { Tokens } from "./qyapi/tokens.ts";
import type { RequestLog } from "./request-log.ts";
import type { Upgrade } from "./server.ts";

/** What every platform module is given. */
export interface PlatformTools {
  readonly clock: SimClock;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly corps: Corps;
  readonly tokens: Tokens;
  readonly callbacks: CallbackSender;
  /** The simulator's own address, known once it listens. */
  readonly baseUrl: () => string;
  /** Tells those who watch that a person's screen changed. */
  readonly changed: (account: string, user: string) => void;
}

/**
 * One family of accounts beside others: WeChat Customer Service, a self-built app, a bot …
 * Everything the server and the control API offer for it is registered here, by name.
 */
export interface Platform {
  /** As in the configuration's channel types: "kf", "wecom-agent-xml" … Also the first part of its control paths. */
  readonly name: string;
  readonly faults: readonly FaultDefinition[];
  readonly qyapi?: QyapiRoutes;
  /** Paths outside `/cgi-bin/`, by prefix, such as `/ilink/`. */
  readonly http?: Readonly<Record<string, (exchange: Exchange) => Promise<void>>>;
  /** WebSocket handshakes, by exact path. */
  readonly upgrades?: Readonly<Record<string, Upgrade>>;
  accounts(): readonly AccountDescription[];
  /** Whether this account id is one of its own. */
  has(account: string): boolean;
  /** A person writes, or does what ends in an event. Answers with one id per content. */
  send(message: PersonMessage): Promise<SentMessage>;
  screen(query: ScreenQuery): Screen;
  tap(tap: Tap): Promise<TapResult>;
  registerCallback?(account: string, url: string, force: boolean): Promise<CallbackRegistration>;
  callbackStates?(): readonly CallbackState[];
  scan?(scan: { readonly qrcode: string; readonly user: string; readonly confirm: boolean }): Promise<JsonObject>;
  /** Further control actions, at `POST /control/<platform>/<verb>`. */
  readonly verbs: Readonly<Record<string, ControlVerb>>;
  reset(): void;
  close?(): void;
}

export interface ControlVerb {
  readonly summary: string;
  /** The fields of the body, in words. */
  readonly body: string;
  run(body: JsonObject): JsonObject | Promise<JsonObject>;
}

/** One account with everything a client needs to be configured; `type` tells which further keys there are. */
export interface AccountDescription {
  readonly type: string;
  readonly account: string;
  readonly name: string;
  readonly [key: string]: unknown;
}

export interface PersonMessage {
  readonly account: string;
  /** A name, or a platform id. */
  readonly from: string;
  readonly group?: string;
  readonly content: readonly Content[];
}

export interface SentMessage {
  readonly account: string;
  /** The person's platform id. */
  readonly user: string;
  /** The last message's id. */
  readonly id: string;
  readonly ids: readonly string[];
}

export interface ScreenQuery {
  readonly account: string;
  readonly user: string;
  readonly group?: string;
}

/** What one person's phone shows, oldest first, and what the platform knows of the chat. */
export interface Screen {
  readonly account: string;
  readonly user: { readonly id: string; readonly name: string };
  readonly chat: JsonObject;
  readonly items: readonly ScreenItem[];
}

/** `inbound` went from the person to the business, `outbound` came back; `notice` is the grey line between bubbles. */
export interface ScreenItem {
  readonly id: string;
  readonly direction: "inbound" | "outbound" | "notice";
  readonly at: string;
  readonly kind: string;
  readonly text?: string;
  /** `sent` (by the person), `shown` (on the phone), `failed` (never appeared), `recalled`. */
  readonly state: "sent" | "shown" | "failed" | "recalled";
  /** Who wrote it: "customer", "api", "welcome", "servicer:zhangsan", "system". */
  readonly by: string;
  readonly [key: string]: unknown;
}

export interface Tap {
  readonly account: string;
  readonly user: string;
  readonly message: string;
  /** A menu item's id, its position from 0, or its text. */
  readonly item: string | number;
  /** What is chosen on a card: option ids by question key. */
  readonly selections?: Readonly<Record<string, readonly string[]>>;
  readonly group?: string;
}

export type TapResult =
  | { readonly tapped: string; readonly sent: SentMessage }
  | { readonly tapped: string; readonly opened: JsonObject };

export interface CallbackRegistration {
  readonly account: string;
  readonly url: string;
  readonly ok: boolean;
  /** False when the check failed and nothing was changed, as in the console. */
  readonly saved: boolean;
  readonly check: UrlCheck;
  /** All accounts whose callbacks now go there. */
  readonly accounts: readonly string[];
}

export interface CallbackState {
  readonly accounts: readonly string[];
  readonly url: string | null;
  readonly deliveries: readonly CallbackDelivery[];
}
