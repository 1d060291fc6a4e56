import type { Envelope } from "../crypto.ts";
import { numberOf } from "../faults.ts";
import { randomId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import type { MessageTokens } from "./cursor.ts";
import { HORIZON_MS, type KfAccount, type KfCorp } from "./state.ts";

const MESSAGE_TOKEN_MS = 600_000;

/** Appends to an account's stream and rings the doorbell. */
export interface Stream {
  /** A message of a customer (origin 3) or a servicer (origin 5). Answers with its msgid. */
  message(account: KfAccount, message: JsonObject, silk?: JsonObject): string;
  /** An event (origin 4); `event` carries account and customer itself. */
  event(account: KfAccount, event: JsonObject): string;
  /** A callback although nothing is new. */
  ring(account: KfAccount): void;
  /** Any other event on the same address, as XML. */
  raw(corp: KfCorp, account: string, xml: string): void;
}

export function createStream({ clock, faults, callbacks }: PlatformTools, tokens: MessageTokens): Stream {
  function append(account: KfAccount, message: JsonObject, silk?: JsonObject): void {
    const at = clock.now();
    account.log.dropBefore(at - HORIZON_MS);
    account.log.append({ at, message, ...(silk ? { silk } : {}) });
    ring(account);
  }

  function ring(account: KfAccount): void {
    const targets = [account.corp.corp.corpId, account.openKfId];
    const burst = faults.take("kf.callback.burst", targets);
    for (let sent = 0; sent < (burst ? numberOf(burst) : 1); sent += 1) {
      raw(
        account.corp,
        account.openKfId,
        newsXml(account, faults.take("kf.callback.omit-open-kfid", targets) === undefined),
      );
    }
  }

  function newsXml(account: KfAccount, withAccount: boolean): string {
    const now = clock.now();
    return xml([
      ["ToUserName", cdata(account.corp.corp.corpId)],
      ["CreateTime", String(Math.floor(now / 1000))],
      ["MsgType", cdata("event")],
      ["Event", cdata("kf_msg_or_event")],
      ["Token", cdata(tokens.issue(account.openKfId, now + MESSAGE_TOKEN_MS))],
      ...(withAccount ? [["OpenKfId", cdata(account.openKfId)] as const] : []),
    ]);
  }

  function raw(corp: KfCorp, account: string, plain: string): void {
    const wrap = ({ encrypt }: Envelope) =>
      xml([
        ["ToUserName", cdata(corp.corp.corpId)],
        ["Encrypt", cdata(encrypt)],
        ["AgentID", cdata("")],
      ]);
    callbacks.send({ endpoint: corp.endpoint, account, plain, wrap, contentType: "text/xml; charset=utf-8" });
  }

  return {
    message(account, message, silk) {
      const msgid = randomId("msg", 18);
      const head = { msgid, open_kfid: account.openKfId, send_time: Math.floor(clock.now() / 1000) };
      append(account, { ...head, ...message }, silk ? { ...head, ...silk } : undefined);
      return msgid;
    },
    event(account, event) {
      const msgid = randomId("evt", 18);
      const targets = [account.corp.corp.corpId, account.openKfId];
      const head = faults.take("kf.event.no-msgid", targets) ? {} : { msgid };
      append(account, { ...head, send_time: Math.floor(clock.now() / 1000), origin: 4, msgtype: "event", event });
      return msgid;
    },
    ring,
    raw,
  };
}

type Element = readonly [name: string, content: string];

export function xml(elements: readonly Element[]): string {
  return `<xml>${elements.map(([name, content]) => `<${name}>${content}</${name}>`).join("")}</xml>`;
}

export function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
}
