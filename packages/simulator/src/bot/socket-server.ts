import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { numberOf } from "../faults.ts";
import { randomId } from "../ids.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import type { Command } from "./commands.ts";
import { count } from "./limits.ts";
import { BotRefusal, refuse, wordsFor, wordsOf } from "./refusal.ts";
import type { Bot, Connection } from "./state.ts";

export const BOT_SOCKET_PATH = "/bot/ws";

const KICK_CLOSE_MS = 2_000;
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

export interface BotSockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells the bot's client; false when there is none. */
  push(bot: Bot, frame: JsonObject): boolean;
  /** As when another client subscribes: the old connection is told and closed after a while. */
  kick(bot: Bot): boolean;
  close(): void;
}

/** The platform's end of the long connection. */
export function createBotSockets(
  tools: PlatformTools,
  bots: ReadonlyMap<string, Bot>,
  commands: Readonly<Record<string, Command>>,
): BotSockets {
  const { clock, faults, log } = tools;
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES });

  function accept(socket: WebSocket): void {
    const connection: Connection = {
      id: randomId("con_", 6),
      bot: undefined,
      kicked: false,
      send(frame) {
        if (socket.readyState !== socket.OPEN) return;
        const text = withControlByte(frame, connection.bot);
        const binary = connection.bot && faults.take("bot.callback.binary", [connection.bot.options.botId]);
        socket.send(binary ? Buffer.from(text) : text, { binary: binary !== undefined });
      },
      drop: () => socket.terminate(),
    };
    socket.on("message", (data) => receive(connection, String(data)));
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      if (connection.bot?.current === connection) connection.bot.current = undefined;
    });
  }

  /** JSON forbids control bytes in strings; some of the platform's frames hold them all the same. */
  function withControlByte(frame: JsonObject, bot: Bot | undefined): string {
    const text = JSON.stringify(frame);
    const isCallback = typeof frame.cmd === "string";
    if (!isCallback || !bot || !faults.take("bot.callback.control-byte", [bot.options.botId])) return text;
    return text.replace('"content":"', '"content":"\u0001');
  }

  function receive(connection: Connection, text: string): void {
    const frame = parseJsonObject(text);
    const reqId = frame && isJsonObject(frame.headers) ? frame.headers.req_id : undefined;
    if (frame === undefined || typeof frame.cmd !== "string" || typeof reqId !== "string") return;
    const { cmd } = frame;
    const body = isJsonObject(frame.body) ? frame.body : {};
    const named = cmd === "aibot_subscribe" ? String(body.bot_id) : connection.bot?.options.botId;
    const targets = [named, cmd, typeof body.chatid === "string" ? body.chatid : chatBehind(connection, reqId)];
    if (cmd === "ping") pong(connection, reqId, targets);
    else if (faults.take("bot.command.drop", targets)) connection.drop();
    else if (!faults.take("bot.command.lost", targets)) obey(connection, cmd, reqId, body, targets);
  }

  function obey(
    connection: Connection,
    cmd: string,
    reqId: string,
    body: JsonObject,
    targets: readonly (string | undefined)[],
  ): void {
    const answer = carryOut(connection, cmd, reqId, body, targets);
    log.add({
      kind: "request",
      atMs: clock.now(),
      method: "WS",
      path: `${BOT_SOCKET_PATH}/${cmd}`,
      query: new URLSearchParams({ req_id: reqId }),
      body: JSON.stringify(body),
      status: 200,
      answer: JSON.stringify(answer ?? {}),
      durationMs: 0,
      ...(typeof answer?.errcode === "number" ? { errcode: answer.errcode } : {}),
    });
    if (faults.take("bot.command.drop-after", targets)) connection.drop();
    else if (answer !== undefined) acknowledge(connection, answer, targets);
  }

  function chatBehind({ bot }: Connection, reqId: string): string | undefined {
    return bot?.issued.get(reqId)?.chat.id;
  }

  function pong(connection: Connection, reqId: string, targets: readonly (string | undefined)[]): void {
    if (faults.take("bot.pong.silent", targets)) return;
    connection.send({ headers: { req_id: reqId }, errcode: 0, errmsg: "ok" });
  }

  function carryOut(
    connection: Connection,
    cmd: string,
    reqId: string,
    body: JsonObject,
    targets: readonly (string | undefined)[],
  ): JsonObject | undefined {
    const head = { headers: { req_id: reqId } };
    const forced = faults.take("bot.ack.errcode", targets);
    if (forced) return { ...head, errcode: numberOf(forced), errmsg: wordsFor(numberOf(forced)) };
    try {
      if (cmd === "aibot_subscribe")
        return subscribe(connection, body) ? { ...head, errcode: 0, errmsg: "ok" } : undefined;
      if (faults.take("bot.forget", targets) && connection.bot) forget(connection);
      const bot = connection.kicked ? undefined : connection.bot;
      if (bot === undefined || bot.current !== connection) refuse(846609);
      const command = Object.hasOwn(commands, cmd) ? commands[cmd] : undefined;
      if (command === undefined) refuse(40058, `no command ${cmd}`);
      const result = command(bot, reqId, body);
      return { ...head, errcode: 0, errmsg: "ok", ...(result === undefined ? {} : { body: result }) };
    } catch (error) {
      if (!(error instanceof BotRefusal)) throw error;
      return { ...head, errcode: error.errcode, errmsg: wordsOf(error) };
    }
  }

  function forget(connection: Connection): void {
    if (connection.bot?.current === connection) connection.bot.current = undefined;
    connection.bot = undefined;
  }

  /** False: this one is left without an answer. */
  function subscribe(connection: Connection, { bot_id: id, secret }: JsonObject): boolean {
    const bot = typeof id === "string" ? bots.get(id) : undefined;
    if (faults.take("bot.subscribe.silent", [String(id)])) return false;
    if (bot === undefined || bot.options.secret !== secret) refuse(853000);
    if (!faults.peek("bot.no-limits", [bot.options.botId])) count(bot.subscribes, clock.now());
    const before = bot.current;
    connection.bot = bot;
    bot.current = connection;
    if (before !== undefined && before !== connection) tellKick(bot, before);
    return true;
  }

  function tellKick(bot: Bot, old: Connection): void {
    old.kicked = true;
    old.send({
      cmd: "aibot_event_callback",
      headers: { req_id: randomId("SIMKICK", 9) },
      body: {
        msgid: randomId("evt", 12),
        create_time: Math.floor(clock.now() / 1000),
        aibotid: bot.options.botId,
        msgtype: "event",
        event: { eventtype: "disconnected_event" },
      },
    });
    const hit = faults.take("bot.kick.close-delay", [bot.options.botId]);
    clock.schedule(hit ? numberOf(hit) : KICK_CLOSE_MS, () => old.drop());
  }

  function acknowledge(connection: Connection, answer: JsonObject, targets: readonly (string | undefined)[]): void {
    if (faults.take("bot.ack.drop", targets)) return;
    const late = faults.take("bot.ack.delay", targets);
    const times = faults.take("bot.ack.duplicate", targets) ? 2 : 1;
    const tell = () => {
      for (let time = 0; time < times; time += 1) connection.send(answer);
    };
    if (late) clock.schedule(numberOf(late), tell);
    else tell();
  }

  return {
    upgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head, accept);
    },
    push(bot, frame) {
      if (bot.current === undefined) return false;
      bot.current.send(frame);
      if (faults.take("bot.callback.duplicate", [bot.options.botId])) bot.current.send(frame);
      return true;
    },
    kick(bot) {
      const old = bot.current;
      if (old === undefined) return false;
      bot.current = undefined;
      tellKick(bot, old);
      return true;
    },
    close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}
