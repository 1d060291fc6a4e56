import { createDecipheriv } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished } from "vitest";
import { CORP_ID, gettoken, type Json } from "../client.fixture.ts";
import { encryptFrame, sign } from "../crypto.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../index.ts";

/** The app's server and its calls, as the enterprise would write them. */

export const APP = "1000002";
export const AGENT_ID = 1000002;
export const SECRET = "SimAppSecret000000000000000000000000000001";
const TOKEN = "SimAppCallbackToken1";
const KEY = Buffer.from("SimAppEncodingAESKey0000000000000000000000w=", "base64");

export interface Client {
  readonly sim: Simulator;
  /** Plaintexts of the callbacks, and what the next ones are answered with. */
  readonly received: string[];
  answer: { status: number; body: string };
  call(path: string, body?: object, query?: Record<string, string>): Promise<Json>;
  upload(path: string, data: string | Buffer): Promise<Json>;
  send(more: object): Promise<Json>;
  screen(user: string, group?: string): readonly Json[];
}

export async function start(options: SimulatorOptions = {}): Promise<Client> {
  const sim = await startSimulator(options);
  onTestFinished(() => sim.close());
  const received: string[] = [];
  const server = createServer(async (request, response) => {
    const query = new URL(request.url ?? "/", "http://receiver").searchParams;
    if (request.method === "GET") {
      response.end(open(query.get("echostr") ?? ""));
      return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    received.push(open(/<Encrypt><!\[CDATA\[(.*?)\]\]>/.exec(body)?.[1] ?? ""));
    response.writeHead(client.answer.status).end(client.answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cb`;
  expect(await sim.registerCallback(APP, url)).toMatchObject({ ok: true });

  const client: Client = {
    sim,
    received,
    answer: { status: 200, body: "success" },
    async call(path, body, query = {}) {
      const { access_token } = await gettoken(sim.url, SECRET);
      const address = `${sim.url}/cgi-bin/${path}?${new URLSearchParams({ access_token, ...query })}`;
      return (await fetch(address, body ? { method: "POST", body: JSON.stringify(body) } : {})).json();
    },
    async upload(path, data) {
      const { access_token } = await gettoken(sim.url, SECRET);
      const body = new FormData();
      body.append("media", new Blob([new Uint8Array(Buffer.from(data))]), "a.png");
      const address = `${sim.url}/cgi-bin/${path}?${new URLSearchParams({ access_token, type: "image" })}`;
      return (await fetch(address, { method: "POST", body })).json();
    },
    send: (more) => client.call("message/send", { touser: "zhangsan", agentid: AGENT_ID, ...more }),
    screen: (user, group) => sim.screen({ account: APP, user, ...(group ? { group } : {}) }).items,
  };
  return client;
}

function open(encrypt: string): string {
  const decipher = createDecipheriv("aes-256-cbc", KEY, KEY.subarray(0, 16)).setAutoPadding(false);
  const frame = Buffer.concat([decipher.update(Buffer.from(encrypt, "base64")), decipher.final()]);
  return frame.toString("utf8", 20, 20 + frame.readUInt32BE(16));
}

export function seal(xml: string): string {
  const encrypt = encryptFrame(KEY, xml, CORP_ID);
  const signature = sign(TOKEN, "1700000000", "n1", encrypt);
  return `<xml><Encrypt><![CDATA[${encrypt}]]></Encrypt><MsgSignature><![CDATA[${signature}]]></MsgSignature><TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[n1]]></Nonce></xml>`;
}

export const text = (content: string) => ({ msgtype: "text", text: { content } });
export const CARD = {
  card_type: "button_interaction",
  main_title: { title: "Approve?" },
  task_id: "task-1",
  button_list: [
    { text: "Yes", key: "yes", style: 1 },
    { text: "No", key: "no" },
  ],
};
