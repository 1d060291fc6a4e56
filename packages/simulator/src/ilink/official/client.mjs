import { register } from "node:module";

/*
 * The official client's own modules in a process of their own, called over IPC: { id, call, args } gives { id, result } or
 * { id, error }. QR calls go to a fixed host, which `fetch` here leads to the simulator.
 */
register("./openclaw-hooks.mjs", import.meta.url);

const FIXED_HOST = "https://ilinkai.weixin.qq.com";
const simulator = process.env.SIMULATOR_URL;
const realFetch = globalThis.fetch;
globalThis.fetch = (input, init) => realFetch(String(input).replace(FIXED_HOST, simulator), init);

const module = (name) => import(`@tencent-weixin/openclaw-weixin/dist/src/${name}.js`);
const login = await module("auth/login-qr");
const accounts = await module("auth/accounts");
const api = await module("api/api");
const { WeixinConfigManager } = await module("api/config-cache");
const { downloadMediaFromItem } = await module("media/media-download");
const { sendMessageWeixin } = await module("messaging/send");
const { sendWeixinMediaFile } = await module("messaging/send-media");
const { WeixinReplyProgressSender } = await module("messaging/reply-progress-sender");

const calls = {
  async login() {
    const { sessionKey } = await login.startWeixinLoginWithQr({ force: true });
    return login.waitForWeixinLogin({ sessionKey, timeoutMs: 20_000 });
  },
  save: ({ accountId, token, baseUrl, userId }) => {
    accounts.saveWeixinAccount(accountId, { token, baseUrl, userId });
    accounts.registerWeixinAccountId(accountId);
  },
  start: (bot) => api.notifyStart(bot),
  stop: (bot) => api.notifyStop(bot),
  updates: (request) => api.getUpdates(request),
  async download({ item, cdnBaseUrl }) {
    let saved;
    const saveMedia = async (bytes, mime) => {
      saved = { mime, base64: Buffer.from(bytes).toString("base64") };
      return { path: "kept" };
    };
    await downloadMediaFromItem(item, { cdnBaseUrl, saveMedia, log() {}, errLog() {}, label: "test" });
    return saved;
  },
  sendText: (message) => sendMessageWeixin(message),
  sendFile: (message) => sendWeixinMediaFile(message),
  async typing({ bot, user, contextToken, status }) {
    const { typingTicket } = await new WeixinConfigManager(bot, () => {}).getForUser(user, contextToken);
    await api.sendTyping({ ...bot, body: { ilink_user_id: user, typing_ticket: typingTicket, status } });
    return { typingTicket };
  },
  async progress({ bot, user, contextToken }) {
    const sender = new WeixinReplyProgressSender({ runId: "run-1", to: user, opts: { ...bot, contextToken } });
    const event = { kind: "tool", name: "web_search", itemId: "call_1" };
    await sender.replyOptions.onItemEvent({ ...event, phase: "start" });
    await sender.replyOptions.onItemEvent({ ...event, phase: "end", status: "completed" });
    await sender.finalize();
  },
};

process.on("message", async ({ id, call, args }) => {
  try {
    process.send({ id, result: await calls[call](args) });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
process.send({ ready: true });
