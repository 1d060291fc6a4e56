import { ControlError } from "../control/errors.ts";
import { createMcpServers, MCP_PREFIX } from "../mcp/servers.ts";
import { createMcpVerbs } from "../mcp/verbs.ts";
import type { AccountDescription, Platform, PlatformTools, Screen, ScreenQuery } from "../platform.ts";
import { BOT_CDN_PREFIX, createBotCdn } from "./cdn.ts";
import { createCommands } from "./commands.ts";
import { BOT_FAULTS } from "./faults.ts";
import { createBotInbound, type Writer } from "./inbound.ts";
import type { BotOptions } from "./options.ts";
import { BOT_SOCKET_PATH, createBotSockets } from "./socket-server.ts";
import { type Bot, chatOf, createBot, resetBot } from "./state.ts";
import { tapCard } from "./tap.ts";
import { createBotVerbs } from "./verbs.ts";

export interface BotCorpOptions {
  readonly corpId: string;
  readonly name?: string;
  readonly bots: readonly BotOptions[];
}

const MINUTE_MS = 60_000;
const PER_MINUTE = 30;

/** AI bots on a long connection, as one module beside others. An account is a bot. */
export function createBotPlatform(tools: PlatformTools, options: readonly BotCorpOptions[]): Platform {
  const { clock, baseUrl } = tools;
  const bots = new Map<string, Bot>();
  for (const { corpId, name, bots: some } of options) {
    const corp = tools.corps.ensure(corpId, name);
    for (const one of some) bots.set(one.botId, createBot(corp, one));
  }
  const cdn = createBotCdn(tools);
  const mcp = createMcpServers(tools);
  const sockets = createBotSockets(tools, bots, createCommands(tools));
  const inbound = createBotInbound(tools, {
    push: sockets.push,
    offer: (media, account) => ({ ...cdn.offer(media, account) }),
  });

  function bot(id: string): Bot {
    const known = bots.get(id);
    if (known) return known;
    throw new ControlError(404, `There is no bot "${id}".`, `Bots: ${[...bots.keys()].join(", ")}`);
  }

  function screen({ account, user, group }: ScreenQuery): Screen {
    const owner = bot(account);
    const chat = chatOf(owner, user, group);
    const sent = chat.sends.filter((at) => at > clock.now() - MINUTE_MS).length;
    const connected = owner.current !== undefined;
    return {
      account,
      user: { id: user, name: user },
      chat: {
        kind: chat.kind,
        id: chat.id,
        state: connected ? 0 : 2,
        stateText: connected ? "bot: connected" : "bot: not connected",
        quota: PER_MINUTE,
        sent,
        sendsLeft: PER_MINUTE - sent,
        windowOpen: chat.lastUserMessageAt !== undefined,
        windowEndsAt: null,
      },
      items: chat.items,
    };
  }

  /** "enter_session" is what other platforms call it when somebody opens a chat. */
  function happen(writer: Writer, event: string): string {
    const enters = event === "enter_chat" || event === "enter_session";
    return enters ? inbound.event(writer, "enter_chat", {}, "enter_chat") : inbound.event(writer, event, {});
  }

  return {
    name: "wecom-bot-ws",
    faults: BOT_FAULTS,
    http: { [BOT_CDN_PREFIX]: cdn.handle, [MCP_PREFIX]: mcp.handle },
    upgrades: { [BOT_SOCKET_PATH]: sockets.upgrade },
    accounts: () => [...bots.values()].map((one) => describe(one, baseUrl())),
    has: (id) => bots.has(id),
    async send({ account, from, group, content }) {
      const writer: Writer = { bot: bot(account), user: from, ...(group === undefined ? {} : { group }) };
      const ids: string[] = [];
      for (const part of content) {
        if (part.kind === "event") ids.push(happen(writer, part.event));
        else ids.push(await inbound.write(writer, { parts: [part] }));
      }
      return { account, user: from, id: ids.at(-1) ?? "", ids };
    },
    screen,
    tap: async (tap) =>
      tapCard(
        inbound,
        { bot: bot(tap.account), user: tap.user, ...(tap.group === undefined ? {} : { group: tap.group }) },
        tap,
      ),
    verbs: { ...createBotVerbs({ bot, inbound, sockets }), ...createMcpVerbs(mcp, (id) => void bot(id)) },
    reset() {
      for (const one of bots.values()) resetBot(one);
      cdn.clear();
      mcp.clear();
    },
    close: () => sockets.close(),
  };
}

function describe({ options, corp }: Bot, baseUrl: string): AccountDescription {
  const { botId, name, secret } = options;
  return {
    type: "wecom-bot-ws",
    account: botId,
    name,
    corpId: corp.corpId,
    botId,
    secret,
    url: `${baseUrl.replace(/^http/, "ws")}${BOT_SOCKET_PATH}`,
  };
}
