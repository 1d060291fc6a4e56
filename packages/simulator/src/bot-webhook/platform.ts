import { z } from "zod";
import { createBotCdn } from "../bot/cdn.ts";
import { createBotInbound, type Writer } from "../bot/inbound.ts";
import { createSendLimit } from "../bot/limits.ts";
import { createBotScreen } from "../bot/screen.ts";
import { chatOf } from "../bot/state.ts";
import { tapCard } from "../bot/tap.ts";
import { createBotVerbs } from "../bot/verbs.ts";
import { ControlError, parseControl } from "../control/errors.ts";
import type { AccountDescription, ControlVerb, Platform, PlatformTools, Screen, ScreenQuery } from "../platform.ts";
import { createDelivery } from "./deliver.ts";
import { BOT_WEBHOOK_FAULTS } from "./faults.ts";
import type { BotWebhookOptions } from "./options.ts";
import { openPassiveReply } from "./passive.ts";
import { createResponseUrls, RESPONSE_PREFIX } from "./response-url.ts";
import { createHookBot, type HookBot, resetHookBot } from "./state.ts";

export interface BotWebhookCorpOptions {
  readonly corpId: string;
  readonly name?: string;
  readonly bots: readonly BotWebhookOptions[];
}

/** Where these bots' files are fetched, encrypted with the bot's EncodingAESKey. */
const CDN_PREFIX = "/cdn/bot-webhook/";
const refreshSchema = z.object({ account: z.string(), from: z.string(), stream: z.string() });

/** AI bots on callbacks, as one module beside others. An account is a bot. */
export function createBotWebhookPlatform(tools: PlatformTools, options: readonly BotWebhookCorpOptions[]): Platform {
  const owners = options.flatMap(({ corpId, name, bots }) => {
    const corp = tools.corps.ensure(corpId, name);
    return bots.map((one) => createHookBot(corp, one));
  });
  const screen = createBotScreen(tools);
  const urls = createResponseUrls(tools, { owners, screen, limit: createSendLimit(tools) });
  const delivery = createDelivery(tools, { owners, screen, urls });
  const cdn = createBotCdn(tools, CDN_PREFIX);
  const inbound = createBotInbound(tools, {
    push: delivery.push,
    offer: (media, account) => ({ url: cdn.offer(media, account, ownerOf(account).endpoint.aesKey).url }),
  });

  function ownerOf(id: string): HookBot {
    const known = owners.find((owner) => owner.options.botId === id);
    if (known) return known;
    throw new ControlError(
      404,
      `There is no bot "${id}".`,
      `Bots: ${owners.map((owner) => owner.options.botId).join(", ")}`,
    );
  }

  const writer = (account: string, user: string, group: string | undefined): Writer => ({
    bot: ownerOf(account).bot,
    user,
    ...(group === undefined ? {} : { group }),
  });

  function screenFor({ account, user, group }: ScreenQuery): Screen {
    const { bot, endpoint } = ownerOf(account);
    const chat = chatOf(bot, user, group);
    const listens = endpoint.url !== undefined;
    return {
      account,
      user: { id: user, name: user },
      chat: {
        kind: chat.kind,
        id: chat.id,
        state: listens ? 0 : 2,
        stateText: listens ? "bot: callbacks" : "bot: no callback address",
        windowOpen: chat.lastUserMessageAt !== undefined,
        windowEndsAt: null,
      },
      items: chat.items,
    };
  }

  const {
    kick: _kick,
    disconnect: _disconnect,
    frame: _frame,
    ...verbs
  } = createBotVerbs({
    bot: (id) => ownerOf(id).bot,
    inbound,
    sockets: { push: delivery.push, kick: () => false },
  });
  const refresh: ControlVerb = {
    summary: "Asks once what a bubble shows, whether it exists or not.",
    body: "{ account, from, stream }",
    async run(raw) {
      const { account, from, stream } = parseControl(refreshSchema, raw, "Body: { account, from, stream }");
      const owner = ownerOf(account);
      const startedAt = performance.now();
      const body = await delivery.once(owner, from, stream);
      const reply = body === null ? undefined : openPassiveReply(owner.endpoint, body);
      return { answered: body !== null, reply: reply ?? null, durationMs: Math.round(performance.now() - startedAt) };
    },
  };

  return {
    name: "wecom-bot-webhook",
    faults: BOT_WEBHOOK_FAULTS,
    http: { [CDN_PREFIX]: cdn.handle, [RESPONSE_PREFIX]: urls.handle },
    accounts: () => owners.map((owner) => describe(owner, tools.baseUrl())),
    has: (id) => owners.some((owner) => owner.options.botId === id),
    async send({ account, from, group, content }) {
      const ids: string[] = [];
      for (const part of content) {
        if (part.kind !== "event") ids.push(await inbound.write(writer(account, from, group), { parts: [part] }));
        else {
          const kind = part.event === "enter_chat" ? "enter_chat" : "other";
          ids.push(inbound.event(writer(account, from, group), part.event, {}, kind));
        }
      }
      return { account, user: from, id: ids.at(-1) ?? "", ids };
    },
    screen: screenFor,
    tap: async (tap) => tapCard(inbound, writer(tap.account, tap.user, tap.group), tap),
    async registerCallback(account, url, force) {
      const { endpoint } = ownerOf(account);
      const check = await tools.callbacks.check(endpoint, url);
      const saved = check.ok || force;
      if (saved) endpoint.url = url;
      return { account, url, ok: check.ok, saved, check, accounts: [account] };
    },
    callbackStates: () =>
      owners.map(({ options: { botId }, endpoint }) => ({
        accounts: [botId],
        url: endpoint.url ?? null,
        deliveries: endpoint.deliveries,
      })),
    verbs: { ...verbs, refresh },
    reset() {
      for (const owner of owners) resetHookBot(owner);
      cdn.clear();
    },
  };
}

function describe({ options, bot }: HookBot, baseUrl: string): AccountDescription {
  const { botId, name, token, encodingAESKey, receiveId = "" } = options;
  return {
    type: "wecom-bot-webhook",
    account: botId,
    name,
    corpId: bot.corp.corpId,
    botId,
    token,
    encodingAESKey,
    receiveId,
    apiBaseUrl: baseUrl,
  };
}
