import type { Content, EventContent } from "../control/content.ts";
import { ControlError } from "../control/errors.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import type { Stream } from "./events.ts";
import { noteCustomerMessage } from "./find.ts";
import { type StoredFiles, storeFiles, tooLargeNotice } from "./inbound.ts";
import { isMedia, wireContent } from "./incoming.ts";
import type { EventSender } from "./person-events.ts";
import { mediaOnScreen } from "./send.ts";
import { type Customer, findOrAddCustomer, type KfAccount, type ShownItem, show } from "./state.ts";

/** Who writes into a chat: the customer (origin 3) or a member of staff (origin 5). */
export interface Writer {
  readonly account: KfAccount;
  readonly customer: Customer;
  readonly servicer?: string;
}

export type Write = (writer: Writer, contents: readonly Content[]) => Promise<readonly string[]>;

export function createWrite(tools: PlatformTools, stream: Stream, sendEvent: EventSender): Write {
  const { clock, faults, changed, baseUrl } = tools;

  function meet({ account, customer, servicer }: Writer, content: Content): void {
    const targets = [account.corp.corp.corpId, account.openKfId, customer.person.id];
    if (servicer !== undefined) return;
    const keepQuota = content.kind === "choice" && faults.take("kf.tap.keeps-quota", targets) !== undefined;
    if (noteCustomerMessage(customer, clock.now(), keepQuota) !== 0) return;
    const human = faults.take("kf.session.to-servicer", targets);
    if (!human) return;
    customer.state = 3;
    customer.servicer = String(human.value);
  }

  function wire(
    writer: Writer,
    content: Exclude<Content, EventContent>,
    files: StoredFiles,
    silk: boolean,
  ): JsonObject {
    const file = files.get(content);
    if (isMedia(content) && file) {
      const targets = [writer.account.corp.corp.corpId, writer.account.openKfId, writer.customer.person.id];
      const tooLarge = tooLargeNotice(content, file.media);
      if (tooLarge && !faults.take("kf.inbound.any-size", targets))
        return { msgtype: "text", text: { content: tooLarge } };
      return {
        msgtype: content.kind,
        [content.kind]: { media_id: (silk ? file.silk : undefined)?.id ?? file.media.id },
      };
    }
    const mediaId = (carrier: Content) => ({ media_id: files.get(carrier)?.media.id ?? "" });
    return wireContent(content as Parameters<typeof wireContent>[0], mediaId, clock.now());
  }

  function post(writer: Writer, content: Exclude<Content, EventContent>, files: StoredFiles): string {
    const { account, customer, servicer } = writer;
    meet(writer, content);
    const head = {
      external_userid: customer.person.id,
      origin: servicer === undefined ? 3 : 5,
      ...(servicer === undefined ? {} : { servicer_userid: servicer }),
    };
    const message = { ...head, ...wire(writer, content, files, false) };
    const silk = files.get(content)?.silk ? { ...head, ...wire(writer, content, files, true) } : undefined;
    const id = stream.message(account, message, silk);
    show(customer, shownItem(writer, content, files, id));
    changed(account.openKfId, customer.person.id);
    return id;
  }

  function shownItem({ account, servicer }: Writer, content: Content, files: StoredFiles, id: string): ShownItem {
    const { kind, ...rest } = content as Content & { base64?: string; url?: string };
    // The bytes are in the media store; a screen is read often.
    if (isMedia(content)) {
      delete rest.base64;
      delete rest.url;
    }
    return {
      id,
      direction: servicer === undefined ? "inbound" : "outbound",
      at: new Date(clock.now()).toISOString(),
      kind,
      ...rest,
      ...mediaOnScreen(account.corp.corp, files.get(content)?.media.id, baseUrl()),
      state: servicer === undefined ? "sent" : "shown",
      by: servicer === undefined ? "customer" : `servicer:${servicer}`,
    };
  }

  return async function write(writer, contents) {
    if (writer.account.deleted) {
      throw new ControlError(409, `The KF account ${writer.account.openKfId} is deleted.`, "Choose another account.");
    }
    const files = await storeFiles(writer.account.corp.corp, contents);
    return contents.map((content) =>
      content.kind === "event"
        ? sendEvent(writer, content as EventContent)
        : post(writer, content as Exclude<Content, EventContent>, files),
    );
  };
}

/** The chat a control request names; made when the person is new. */
export function writerOf(account: KfAccount, from: string): Writer {
  return { account, customer: findOrAddCustomer(account, from) };
}
