import { truncateText } from "@wxgate/chunker";
import {
  type ChannelPorts,
  type InboundEvent,
  type OutboundContent,
  outboundText,
  TransientError,
  withTimeLimit,
} from "@wxgate/core";
import { followUpId } from "@wxgate/wecom-api";
import type { KfApi } from "./api.ts";
import type { Greeting, KfConfig } from "./config.ts";
import { isDuplicateMessageId } from "./errors.ts";
import { fitMenu } from "./menu.ts";
import { render } from "./render.ts";
import type { AnswerableEvent } from "./sync.ts";
import { TEXT_BYTES } from "./text.ts";
import type { WireMessage } from "./wire.ts";

interface AnswerEventsOptions {
  readonly config: Pick<KfConfig, "welcomeText" | "welcome" | "closingText">;
  readonly api: Pick<KfApi, "sendOnEvent">;
  readonly ports: Pick<ChannelPorts, "instant" | "clock" | "log">;
  /** Markdown to what WeChat shows. */
  format(markdown: string): string;
}

const RETRY_MS = 1_000;

/** Answers a welcome or closing code, once, while the platform takes it. Never throws. */
export function createAnswerEvents(options: AnswerEventsOptions) {
  const { api, config, ports } = options;
  const { clock, log } = ports;

  return async function answer({ event, answerCode }: AnswerableEvent, signal: AbortSignal): Promise<void> {
    const { account, peer } = event.from;
    const leftMs = (event.answerBy?.getTime() ?? 0) - clock.now();
    if (leftMs <= 0) {
      log.info({ account, peer, event: event.id, lateMs: -leftMs }, "the event is too old to be answered");
      return;
    }
    try {
      await withTimeLimit(clock, leftMs, signal, async (limit) => {
        const content = await ports.instant(event, configured(event, config));
        const body = content === undefined ? undefined : toEventAnswer(content, options.format);
        if (body !== undefined) await send({ ...body, code: answerCode, msgid: followUpId(event.id, 0) }, limit);
      });
    } catch (error) {
      log.warn({ err: error, account, peer, event: event.id }, "the event could not be answered");
    }
  };

  async function send(message: WireMessage & { code: string; msgid: string }, limit: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await api.sendOnEvent(message, limit);
        return;
      } catch (error) {
        if (isDuplicateMessageId(error, attempt)) return;
        if (!(error instanceof TransientError) || limit.aborted) throw error;
        await clock.sleep(RETRY_MS, limit);
      }
    }
  }
}

function configured(event: InboundEvent, config: AnswerEventsOptions["config"]): OutboundContent | undefined {
  if (event.kind !== "entered") return toContent(config.closingText);
  const { scenes, accounts } = config.welcome;
  const byScene = event.scene !== undefined && Object.hasOwn(scenes, event.scene) ? scenes[event.scene] : undefined;
  const byAccount = Object.hasOwn(accounts, event.from.account) ? accounts[event.from.account] : undefined;
  return toContent(byScene ?? byAccount ?? config.welcomeText);
}

function toContent(greeting: Greeting | undefined): OutboundContent | undefined {
  if (greeting === undefined) return undefined;
  return typeof greeting === "string"
    ? { kind: "text", text: greeting, format: "plain" }
    : { kind: "menu", ...greeting };
}

/** These events take one text or one menu. */
function toEventAnswer(content: OutboundContent, format: (markdown: string) => string): WireMessage | undefined {
  if (content.kind === "menu") {
    const [only, ...more] = fitMenu(content);
    if (typeof only === "object" && more.length === 0) return render(only);
  }
  const text = content.kind === "text" && content.format !== "plain" ? format(content.text) : outboundText(content);
  if (text.trim() === "") return undefined;
  return render({ kind: "text", text: truncateText(text, { maxBytes: TEXT_BYTES }), format: "plain" });
}
