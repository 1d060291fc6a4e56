import { ControlError } from "../control/errors.ts";
import { randomId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { OK } from "./answers.ts";
import type { Bots } from "./bots.ts";
import { type Person, personOf } from "./state.ts";

type QrStatus =
  | "wait"
  | "scaned"
  | "need_verifycode"
  | "verify_code_blocked"
  | "expired"
  | "scaned_but_redirect"
  | "binded_redirect"
  | "confirmed";

interface Qr {
  readonly key: string;
  readonly expiresAt: number;
  readonly clientVersion: number;
  readonly localTokens: readonly string[];
  status: QrStatus;
  /** The status the client was last told; a poll is held until it is another one. */
  told: QrStatus;
  fields: JsonObject;
  person: Person | undefined;
  code: string | undefined;
  wrongCodes: number;
  /** The person has tapped "confirm" already, before the code was checked. */
  confirmed: boolean;
  wake: (() => void) | undefined;
}

/** Nothing more can come of the code. */
const OVER: readonly QrStatus[] = ["confirmed", "expired", "binded_redirect", "verify_code_blocked"];
const LIFETIME_MS = 5 * 60_000;
const MOST_WRONG_CODES = 3;
/** 2.4.0; older clients are told on the phone to upgrade, and their code never leaves `wait`. */
const OLDEST_CLIENT = (2 << 16) | (4 << 8);
const LINK = "https://liteapp.weixin.qq.com/q/";

/** QR login: from the code to the bot. */
export function createLogin(tools: PlatformTools, bots: Bots, holdMs: number) {
  const { clock, faults } = tools;
  const codes = new Map<string, Qr>();

  function move(qr: Qr, status: QrStatus, fields: JsonObject = {}): void {
    qr.status = status;
    qr.fields = fields;
    qr.wake?.();
  }

  function start(clientVersion: number, localTokens: readonly string[]): JsonObject {
    const key = randomId("qr", 15);
    codes.set(key, {
      key,
      expiresAt: clock.now() + LIFETIME_MS,
      clientVersion,
      localTokens,
      status: "wait",
      told: "wait",
      fields: {},
      person: undefined,
      code: undefined,
      wrongCodes: 0,
      confirmed: false,
      wake: undefined,
    });
    return { ...OK, qrcode: key, qrcode_img_content: `${LINK}${key}` };
  }

  async function status(key: string, code: string | undefined, gone: AbortSignal): Promise<JsonObject> {
    const qr = codes.get(key);
    if (!qr) return { ...OK, status: "expired" };
    if (qr.expiresAt <= clock.now() && qr.status !== "confirmed") qr.status = "expired";
    if (code !== undefined && qr.status === "need_verifycode") checkCode(qr, code);
    else if (qr.status === qr.told) await held(qr, gone);
    qr.told = qr.status;
    const answer = { ...OK, status: qr.status, ...qr.fields };
    if (qr.status === "scaned_but_redirect") afterRedirect(qr);
    return answer;
  }

  function held(qr: Qr, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const until = Math.max(0, Math.min(holdMs, qr.expiresAt - clock.now()));
      const cancel = clock.schedule(until, () => {
        if (qr.expiresAt <= clock.now() && qr.status !== "confirmed") qr.status = "expired";
        done();
      });
      const done = () => {
        cancel();
        qr.wake = undefined;
        gone.removeEventListener("abort", done);
        resolve();
      };
      qr.wake = done;
      gone.addEventListener("abort", done, { once: true });
    });
  }

  function checkCode(qr: Qr, code: string): void {
    if (code === qr.code) {
      qr.code = undefined;
      move(qr, "scaned");
      if (qr.confirmed) clock.schedule(0, () => confirm(qr));
      return;
    }
    qr.wrongCodes += 1;
    if (qr.wrongCodes >= MOST_WRONG_CODES) move(qr, "verify_code_blocked");
  }

  function afterRedirect(qr: Qr): void {
    if (qr.confirmed) confirm(qr);
    else move(qr, "scaned");
  }

  function confirm(qr: Qr): void {
    const person = qr.person as Person;
    const bound = qr.localTokens.some(
      (token) => bots.byToken(token)?.valid && bots.byToken(token)?.owner.id === person.id,
    );
    if (bound) {
      move(qr, "binded_redirect");
      return;
    }
    const bot = bots.bind(person);
    const withoutToken = faults.take("ilink.no-bot-token", [person.id, person.name]) !== undefined;
    move(qr, "confirmed", {
      ...(withoutToken ? {} : { bot_token: bot.token }),
      ilink_bot_id: bot.botId,
      baseurl: tools.baseUrl(),
      ilink_user_id: person.id,
    });
  }

  /** A person holds the phone before the code; `confirm: false` leaves it at "scanned". */
  function scan({ qrcode, user, confirm: confirmed }: { qrcode: string; user: string; confirm: boolean }): JsonObject {
    const key = qrcode.startsWith(LINK) ? qrcode.slice(LINK.length) : qrcode;
    const qr = codes.get(key) ?? (key === "" ? [...codes.values()].at(-1) : undefined);
    if (!qr) throw new ControlError(404, "There is no such QR code.", 'Give "qrcode" of get_bot_qrcode, or its link.');
    if (qr.expiresAt <= clock.now() || OVER.includes(qr.status)) {
      throw new ControlError(409, `The QR code is ${qr.status}.`, "Ask for a new one.");
    }
    if (qr.clientVersion < OLDEST_CLIENT) {
      return { qrcode: qr.key, status: qr.status, shown: "please upgrade the WeChat interface version in OpenClaw" };
    }
    qr.person = personOf(user);
    qr.confirmed = confirmed;
    const targets = [qr.person.id, qr.person.name];
    const code = qr.status === "wait" ? faults.take("ilink.verify-code", targets) : undefined;
    const redirect = qr.status === "wait" ? faults.take("ilink.redirect", targets) : undefined;
    if (code) {
      qr.code = String(code.value);
      move(qr, "need_verifycode");
    } else if (redirect) move(qr, "scaned_but_redirect", { redirect_host: String(redirect.value) });
    else if (confirmed) confirm(qr);
    else move(qr, "scaned");
    return { qrcode: qr.key, status: qr.status, ...(qr.code === undefined ? {} : { code: qr.code }) };
  }

  return {
    start,
    status,
    scan,
    /** The codes that wait for a scan, for the page. */
    open: (): readonly JsonObject[] =>
      [...codes.values()]
        .filter(({ status: state, expiresAt }) => expiresAt > clock.now() && !OVER.includes(state))
        .map(({ key, status: state }) => ({ qrcode: key, link: `${LINK}${key}`, status: state })),
    expire(key: string): void {
      const qr = codes.get(key);
      if (qr) move(qr, "expired");
    },
    clear: () => codes.clear(),
  };
}
export type Login = ReturnType<typeof createLogin>;
