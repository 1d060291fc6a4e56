import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { onTestFinished } from "vitest";
import { DEFAULT_ILINK, type Simulator, type SimulatorOptions, startSimulator } from "../index.ts";

/** A client that knows only the protocol: nothing here uses the simulator's own code. */

// biome-ignore lint/suspicious/noExplicitAny: answers are read like a client reads them, and wrong ones fail the test.
type Json = any;

const fixed = DEFAULT_ILINK.bots[0];
if (!fixed) throw new Error("There is no default bot.");
export const BOT = fixed.botId;
const TOKEN = fixed.token;

export interface IlinkHarness {
  readonly sim: Simulator;
  readonly owner: string;
  call(name: string, body?: object, token?: string): Promise<Json>;
  get(path: string): Promise<Json>;
  qr(tokens?: readonly string[], clientVersion?: string): Promise<{ key: string; link: string }>;
  status(key: string, code?: string): Promise<Json>;
  /** The owner writes. */
  write(text: string): Promise<string>;
  poll(cursor?: string): Promise<Json>;
  send(text: string, more?: object): Promise<Json>;
  sendItem(item: object, more?: object): Promise<Json>;
  upload(
    bytes: Buffer,
    more?: object,
  ): Promise<{ status: number; param: string | null; key: Buffer; filesize: number }>;
  shown(): Json[];
}

const HEADERS = { "iLink-App-Id": "bot", "iLink-App-ClientVersion": "132105" };
const POST = { ...HEADERS, "Content-Type": "application/json", AuthorizationType: "ilink_bot_token" };

export async function startIlink(options: SimulatorOptions = {}): Promise<IlinkHarness> {
  const sim = await startSimulator({ ilink: { ...DEFAULT_ILINK, holdMs: 300 }, ...options });
  onTestFinished(() => sim.close());
  const { userId: owner } = sim.accounts().find(({ account }) => account === BOT) as unknown as { userId: string };
  let clientIds = 0;

  async function call(name: string, body: object = {}, token = TOKEN): Promise<Json> {
    const base = { base_info: { channel_version: "2.4.9", bot_agent: "Test/1" } };
    const response = await fetch(`${sim.url}/ilink/bot/${name}`, {
      method: "POST",
      headers: { ...POST, "X-WECHAT-UIN": "MA==", Authorization: `Bearer ${token}` },
      body: JSON.stringify({ ...base, ...body }),
    });
    const text = await response.text();
    return text === "" ? "" : JSON.parse(text);
  }
  const get = async (path: string) => (await fetch(`${sim.url}${path}`, { headers: HEADERS })).json();
  const sendItem = (item: object, more: object = {}) =>
    call("sendmessage", {
      msg: { from_user_id: "", to_user_id: owner, client_id: `c${++clientIds}`, item_list: [item], ...more },
    });

  return {
    sim,
    owner,
    call,
    get,
    async qr(tokens = [], clientVersion = "132105") {
      const response = await fetch(`${sim.url}/ilink/bot/get_bot_qrcode?bot_type=3`, {
        method: "POST",
        headers: { ...POST, "X-WECHAT-UIN": "MA==", "iLink-App-ClientVersion": clientVersion },
        body: JSON.stringify({ local_token_list: tokens }),
      });
      const { qrcode, qrcode_img_content } = (await response.json()) as Json;
      return { key: qrcode, link: qrcode_img_content };
    },
    status: (key, code) =>
      get(`/ilink/bot/get_qrcode_status?qrcode=${key}${code === undefined ? "" : `&verify_code=${code}`}`),
    write: async (text) => (await sim.send({ account: BOT, from: "alice", content: [{ kind: "text", text }] })).id,
    poll: (cursor = "") => call("getupdates", { get_updates_buf: cursor }),
    send: (text, more) => sendItem({ type: 1, text_item: { text } }, more),
    sendItem,
    async upload(bytes, more = {}) {
      const key = randomBytes(16);
      const cipher = createCipheriv("aes-128-ecb", key, null);
      const encrypted = Buffer.concat([cipher.update(bytes), cipher.final()]);
      const plan = await call("getuploadurl", {
        filekey: randomBytes(16).toString("hex"),
        media_type: 1,
        to_user_id: owner,
        rawsize: bytes.length,
        rawfilemd5: createHash("md5").update(bytes).digest("hex"),
        filesize: encrypted.length,
        no_need_thumb: true,
        aeskey: key.toString("hex"),
        ...more,
      });
      if (plan.upload_full_url === undefined) return { status: plan.ret, param: null, key, filesize: encrypted.length };
      const response = await fetch(plan.upload_full_url, { method: "POST", body: encrypted });
      const param = response.headers.get("x-encrypted-param");
      return { status: response.status, param, key, filesize: encrypted.length };
    },
    shown: () => sim.screen({ account: BOT, user: "alice" }).items.filter(({ direction }) => direction === "outbound"),
  };
}
