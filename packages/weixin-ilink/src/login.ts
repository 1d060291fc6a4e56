import { type Channel, type Clock, type Logger, type LoginEvent, TransientError, textField } from "@wxgate/core";
import type { Account, Accounts, NewLogin } from "./accounts.ts";
import type { IlinkApi, QrStatus } from "./api.ts";
import type { Hosts } from "./hosts.ts";

interface LoginOptions {
  /** Where codes come from. */
  readonly baseUrl: string;
  readonly api: Pick<IlinkApi, "getQrCode" | "getQrStatus">;
  readonly accounts: Accounts;
  readonly hosts: Hosts;
  readonly clock: Clock;
  readonly log: Logger;
}

const DEADLINE_MS = 480_000;
const QR_LIFETIME_MS = 5 * 60_000;
const MOST_CODES = 3;
const PAUSE_MS = 1_000;
/** Tokens told to the platform, so that it need not bind the same person twice. */
const MOST_TOKENS = 10;

/** What one status means for the login. */
type Step =
  | { readonly kind: "poll"; readonly event?: LoginEvent }
  | { readonly kind: "code-needed" }
  | { readonly kind: "new-code"; readonly why: "expired" | "blocked" }
  | { readonly kind: "done"; readonly event: LoginEvent };

interface Running {
  baseUrl: string;
  qrcode: string;
  /** Typed and not yet known to be right. */
  pendingCode: string | undefined;
  isScanned: boolean;
  /** Why the status could not be read the last time. */
  trouble: TransientError | undefined;
}

/** Signs a person in by QR code: at most three codes and eight minutes. */
export function createLogin(options: LoginOptions): NonNullable<Channel["login"]> {
  const { baseUrl, api, accounts, hosts, clock, log } = options;

  /** The logins that the platform may find bound already, newest first. */
  function told(): readonly Account[] {
    const good = accounts.all().filter((account) => accounts.refusedAt(account) === undefined);
    return good.slice(0, MOST_TOKENS);
  }

  async function newCode(running: Running, signal: AbortSignal): Promise<LoginEvent> {
    const tokens = told().map(({ token }) => token);
    const { key, content } = await api.getQrCode(baseUrl, tokens, signal);
    Object.assign(running, { baseUrl, qrcode: key, pendingCode: undefined, isScanned: false });
    return { kind: "qr", content, expiresAt: new Date(clock.now() + QR_LIFETIME_MS) };
  }

  /** Trouble that passes ends no login: people need minutes for theirs. */
  async function readStatus(running: Running, signal: AbortSignal): Promise<QrStatus> {
    try {
      const status = await api.getQrStatus(running.baseUrl, running.qrcode, running.pendingCode, signal);
      running.trouble = undefined;
      return status;
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      if (running.trouble === undefined)
        log.warn({ err: error }, "the state of the login cannot be read, trying again");
      running.trouble = error;
      return { status: "wait", fields: {} };
    }
  }

  async function stepOf({ status, fields }: QrStatus, running: Running): Promise<Step> {
    switch (status) {
      case "scaned":
      case "scanned": {
        running.pendingCode = undefined;
        if (running.isScanned) return { kind: "poll" };
        running.isScanned = true;
        return { kind: "poll", event: { kind: "scanned" } };
      }
      case "need_verifycode":
        return { kind: "code-needed" };
      case "verify_code_blocked":
        return { kind: "new-code", why: "blocked" };
      case "expired":
        return { kind: "new-code", why: "expired" };
      case "scaned_but_redirect":
        return redirect(textField(fields, "redirect_host"), running);
      case "binded_redirect":
        return { kind: "done", event: alreadyBound() };
      case "confirmed":
      case "authorized":
        return { kind: "done", event: await confirm(fields, running) };
      default:
        return { kind: "poll" };
    }
  }

  function redirect(host: string | undefined, running: Running): Step {
    if (host === undefined) return { kind: "poll" };
    const next = hosts.redirect(host);
    if (next === undefined) {
      const hint = "If it is right, name it in redirectHosts.";
      return { kind: "done", event: failed(`WeChat sends the login to ${host}, which is none of its hosts`, hint) };
    }
    log.info({ host }, "the login goes on at another data centre");
    running.baseUrl = next;
    return { kind: "poll" };
  }

  function alreadyBound(): LoginEvent {
    const [newest] = told();
    if (newest !== undefined) return { kind: "confirmed", account: newest.id };
    return failed(
      "WeChat says that this installation is bound already, but no login that it takes is stored here",
      SCAN_AGAIN,
    );
  }

  async function confirm(fields: QrStatus["fields"], running: Running): Promise<LoginEvent> {
    const login = toLogin(fields, running.baseUrl);
    if (typeof login === "string") return failed(login, SCAN_AGAIN);
    if (hosts.trusted(login.baseUrl) === undefined) {
      return failed(
        "WeChat names an address for the bot that is none of its hosts",
        "If it is right, name its host in redirectHosts.",
      );
    }
    const { id } = await accounts.save(login);
    log.info({ account: id }, "signed in");
    return { kind: "confirmed", account: id };
  }

  return async function* login(answers, signal): AsyncGenerator<LoginEvent> {
    const deadline = clock.now() + DEADLINE_MS;
    const codes = answers[Symbol.asyncIterator]();
    const running: Running = { baseUrl, qrcode: "", pendingCode: undefined, isScanned: false, trouble: undefined };
    await accounts.load();
    yield await newCode(running, signal);
    let shown = 1;
    while (clock.now() < deadline) {
      const step = await stepOf(await readStatus(running, signal), running);
      if (step.kind === "done") {
        yield step.event;
        return;
      }
      if (step.kind === "code-needed") {
        yield { kind: "code-needed", prompt: running.pendingCode === undefined ? ENTER_CODE : WRONG_CODE };
        running.pendingCode = await nextAnswer(codes, clock, deadline, signal);
        continue;
      }
      if (step.kind === "new-code") {
        yield { kind: "expired" };
        if (shown >= MOST_CODES) {
          const why = step.why === "blocked" ? "too many wrong codes were entered" : "no code was scanned in time";
          yield failed(`${why}; ${MOST_CODES} QR codes were shown`, "Wait a little and start again.");
          return;
        }
        shown += 1;
        yield await newCode(running, signal);
      } else if (step.event !== undefined) yield step.event;
      await clock.sleep(PAUSE_MS, signal);
    }
    yield timeUp(running.trouble);
  };
}

const ENTER_CODE = "Enter the digits that the phone shows 请输入手机上显示的数字:";
const WRONG_CODE = "These are not the digits; enter those that the phone shows now 数字不匹配，请重新输入:";
const SCAN_AGAIN = "Start the login again; if it stays so, unbind the bot in WeChat first.";

function failed(reason: string, hint: string): LoginEvent {
  return { kind: "failed", reason, hint };
}

function timeUp(trouble: TransientError | undefined): LoginEvent {
  if (trouble === undefined) return failed("nobody confirmed the login within eight minutes", "Start again.");
  const reason = `WeChat did not say within eight minutes that the login was confirmed: ${trouble.message}`;
  return failed(reason, trouble.hint ?? "Start again.");
}

/** The credentials, or what is missing. */
function toLogin(fields: QrStatus["fields"], polledAt: string): NewLogin | string {
  const token = textField(fields, "bot_token", "ilink_bot_token", "token")?.trim();
  const botId = textField(fields, "ilink_bot_id");
  const userId = textField(fields, "ilink_user_id");
  if (token === undefined || botId === undefined)
    return "WeChat confirmed the login without giving its token or bot id";
  return { token, botId, userId: userId ?? botId, baseUrl: textField(fields, "baseurl") ?? polledAt };
}

/** What somebody types, unless the time is up before; then nothing. */
async function nextAnswer(
  codes: AsyncIterator<string>,
  clock: Clock,
  deadline: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answered = new AbortController();
  const timeUp = clock.sleep(deadline - clock.now(), AbortSignal.any([signal, answered.signal])).then(() => undefined);
  try {
    const next = await Promise.race([codes.next(), timeUp]);
    return next === undefined || next.done === true ? undefined : next.value.trim();
  } finally {
    answered.abort();
    timeUp.catch(() => {
      // Answered first.
    });
  }
}
