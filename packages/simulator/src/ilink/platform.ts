import { ControlError } from "../control/errors.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import type { AccountDescription, Platform, PlatformTools, Screen, ScreenQuery } from "../platform.ts";
import { createBots } from "./bots.ts";
import { CDN_PREFIX, createCdnServer } from "./cdn.ts";
import { ILINK_FAULTS } from "./faults.ts";
import { createInbound } from "./inbound.ts";
import { createLogin } from "./login.ts";
import { createCdn } from "./media.ts";
import type { IlinkOptions } from "./options.ts";
import { createIlinkRouter, ILINK_PREFIX, presence } from "./router.ts";
import { createSend } from "./send.ts";
import { type Bot, chatOf, invalidate, personOf, REPLIES, WINDOW_MS } from "./state.ts";
import { createTyping } from "./typing.ts";
import { createUpdates, enqueue } from "./updates.ts";

const HOLD_MS = 30_000;

/** Personal WeChat bots (iLink), as one module beside others. An account is a bot. */
export function createIlinkPlatform(tools: PlatformTools, options: IlinkOptions): Platform {
  const { clock, baseUrl } = tools;
  const holdMs = options.holdMs ?? HOLD_MS;
  const cdn = createCdn();
  const bots = createBots(options);
  const login = createLogin(tools, bots, holdMs);
  const cdnServer = createCdnServer(tools, cdn);
  const typing = createTyping(tools);
  const write = createInbound(tools, cdn);
  const violations: string[] = [];
  const router = createIlinkRouter({
    tools,
    bots,
    login,
    violations,
    calls: {
      getupdates: createUpdates(tools, holdMs),
      sendmessage: createSend(tools, cdn),
      getuploadurl: cdnServer.getUploadUrl,
      getconfig: typing.getConfig,
      sendtyping: typing.sendTyping,
      ...presence,
    },
  });

  function screen({ account, user, group }: ScreenQuery): Screen {
    refuseGroup(group);
    const bot = bots.named(account);
    const chat = chatOf(bot, personOf(user));
    const windowOpen = chat.lastInboundAt !== undefined && clock.now() - chat.lastInboundAt <= WINDOW_MS;
    return {
      account,
      user: chat.person,
      chat: {
        stateText: bot.valid ? (bot.online ? "bot: connected" : "bot: not connected") : "bot: scanned elsewhere",
        state: bot.valid && bot.online ? 0 : 2,
        typing: chat.typing,
        quota: REPLIES,
        sent: chat.sends,
        sendsLeft: windowOpen ? Math.max(0, REPLIES - chat.sends) : 0,
        windowOpen,
        windowEndsAt: chat.lastInboundAt === undefined ? null : new Date(chat.lastInboundAt + WINDOW_MS).toISOString(),
      },
      items: chat.screen,
    };
  }

  return {
    name: "weixin-ilink",
    faults: ILINK_FAULTS,
    http: { [ILINK_PREFIX]: router.handle, [CDN_PREFIX]: cdnServer.handle },
    accounts: () =>
      bots
        .all()
        .filter(({ valid }) => valid)
        .map((bot) => describe(bot, baseUrl())),
    has: (id) => bots.has(id),
    async send({ account, from, group, content }) {
      refuseGroup(group);
      const bot = bots.named(account);
      if (!bot.valid) throw new ControlError(409, `The bot "${account}" was replaced.`, "Write to the new one.");
      const chat = chatOf(bot, personOf(from));
      const ids: string[] = [];
      for (const one of content) ids.push(await write(bot, chat, one));
      return { account, user: chat.person.id, id: ids.at(-1) ?? "", ids };
    },
    screen,
    async tap() {
      throw new ControlError(400, "Bots of iLink show nothing to tap.", "Write a message instead.");
    },
    scan: async (scan) => login.scan(scan),
    verbs: {
      people: {
        summary: "Everybody who has a chat with this bot.",
        body: '{ "account": "…@im.bot" }',
        run: ({ account }) => {
          const bot = bots.named(String(account));
          return {
            people: [bot.owner, ...[...bot.chats.values()].map(({ person }) => person)].map(({ id, name }) => ({
              id,
              name,
            })),
          };
        },
      },
      codes: {
        summary: "QR codes that wait for a scan, newest last.",
        body: "{}",
        run: () => ({ codes: login.open() }),
      },
      expire: {
        summary: "A QR code expires now.",
        body: '{ "qrcode": "…" }',
        run: ({ qrcode }) => {
          login.expire(String(qrcode));
          return { expired: String(qrcode) };
        },
      },
      unbind: {
        summary: "The bot's token dies, as when its owner scans elsewhere: -14 from now on.",
        body: '{ "account": "…@im.bot" }',
        run: ({ account }) => {
          invalidate(bots.named(String(account)));
          return { unbound: String(account) };
        },
      },
      violations: {
        summary: "What clients did otherwise than the official one (headers, base_info); the list starts anew.",
        body: "{}",
        run: () => ({ violations: violations.splice(0) }),
      },
      deliver: {
        summary: "Hands the bot this raw message, as it is.",
        body: '{ "account": "…@im.bot", "message": { … } }',
        run: ({ account, message }) => deliver(bots.named(String(account)), message),
      },
    },
    reset() {
      bots.reset();
      login.clear();
      cdn.files.clear();
      cdn.planned.clear();
      violations.length = 0;
    },
    close() {
      for (const bot of bots.all()) bot.endPoll?.("replaced");
    },
  };
}

function deliver(bot: Bot, message: unknown): JsonObject {
  if (!isJsonObject(message)) throw new ControlError(400, "message is no object.", 'Body: { "account", "message" }');
  enqueue(bot, message);
  return { delivered: true };
}

function describe(bot: Bot, url: string): AccountDescription {
  return {
    type: "weixin-ilink",
    account: bot.botId,
    name: `${bot.owner.name}'s bot`,
    token: bot.token,
    botId: bot.botId,
    userId: bot.owner.id,
    baseUrl: url,
    cdnBaseUrl: `${url}${CDN_PREFIX.slice(0, -1)}`,
  };
}

function refuseGroup(group: string | undefined): void {
  if (group !== undefined) throw new ControlError(400, "Bots of iLink are in no groups.", 'Leave "group" out.');
}
