import { createDecipheriv, createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { DEFAULT_CORPS, type Simulator, type SimulatorOptions, startSimulator } from "./index.ts";

/** A client of the platforms that knows only their protocol: nothing here uses the simulator's own code. */

// biome-ignore lint/suspicious/noExplicitAny: answers are read like a client reads them, and wrong ones fail the test.
export type Json = any;

const corp = DEFAULT_CORPS[0];
if (!corp?.kf) throw new Error("The default corp has no KF.");
export const CORP_ID = corp.corpId;
export const KF = corp.kf;
export const ACCOUNT = "wkSimAccount00000000000001";
export const OTHER_ACCOUNT = "wkSimAccount00000000000002";

export interface Received {
  readonly signatureIsRight: boolean;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly plain: string;
  readonly receiveId: string;
  readonly token: string;
  readonly openKfId: string | undefined;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Answers POSTs instead of the plain "success". */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** What the GET check is answered with instead of the decrypted echostr. */
  echo: string | undefined;
}

export interface Harness {
  readonly sim: Simulator;
  readonly receiver: Receiver;
  control(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }>;
  /** A qyapi call with a valid access_token. */
  api(name: string, body?: unknown, query?: Record<string, string>): Promise<Json>;
  token(): Promise<string>;
  fault(name: string, more?: Record<string, unknown>): Promise<void>;
  /** Writes a text and answers with the person's id. */
  write(text: string, from?: string, account?: string): Promise<{ id: string; user: string }>;
  /** The newest callback's Token. */
  messageToken(): string;
  sync(more?: Record<string, unknown>): Promise<Json>;
  sendText(user: string, content: string, more?: Record<string, unknown>): Promise<Json>;
  screen(user: string): Promise<Json>;
}

export async function startHarness(options: SimulatorOptions = {}): Promise<Harness> {
  const sim = await startSimulator(options);
  const receiver = await startReceiver();
  onTestFinished(() => sim.close());
  await sim.registerCallback(ACCOUNT, receiver.url);

  async function control(method: string, path: string, body?: unknown) {
    const response = await fetch(`${sim.url}/control/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Json };
  }

  // Asked anew each time: the platform gives the same token while it is valid.
  const token = async (): Promise<string> => (await gettoken(sim.url)).access_token;

  const harness: Harness = {
    sim,
    receiver,
    control,
    token,
    async api(name, body, query = {}) {
      const address = `${sim.url}/cgi-bin/${name}?${new URLSearchParams({ access_token: await token(), ...query })}`;
      const response = await fetch(
        address,
        body === undefined
          ? {}
          : { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } },
      );
      return response.json();
    },
    async fault(name, more = {}) {
      const { status, body } = await control("POST", "faults", { name, ...more });
      if (status !== 200) throw new Error(body.error);
    },
    async write(text, from = "alice", account = ACCOUNT) {
      const { body } = await control("POST", "send", { account, from, content: { kind: "text", text } });
      await sim.idle();
      return body;
    },
    messageToken: () => receiver.received.at(-1)?.token ?? "",
    sync: (more = {}) => harness.api("kf/sync_msg", { open_kfid: ACCOUNT, token: harness.messageToken(), ...more }),
    sendText: (touser, content, more = {}) =>
      harness.api("kf/send_msg", { touser, open_kfid: ACCOUNT, msgtype: "text", text: { content }, ...more }),
    screen: async (user) => (await control("GET", `screen?account=${ACCOUNT}&user=${user}`)).body,
  };
  return harness;
}

export async function gettoken(url: string, secret = KF.secret, corpId = CORP_ID): Promise<Json> {
  const query = new URLSearchParams({ corpid: corpId, corpsecret: secret });
  return (await fetch(`${url}/cgi-bin/gettoken?${query}`)).json();
}

async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const { searchParams: query } = new URL(request.url ?? "/", "http://receiver");
    if (request.method === "GET") {
      response.end(receiver.echo ?? openFrame(query.get("echostr") ?? "").message);
      return;
    }
    const body = await textOf(request);
    received.push(read(body, query));
    if (receiver.answer) receiver.answer(request, response);
    else response.end("success");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = { url: `http://127.0.0.1:${port}/hook`, received, answer: undefined, echo: undefined };
  return receiver;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

function read(body: string, query: URLSearchParams): Received {
  const encrypt = tag(body, "Encrypt") ?? "";
  const parts = [KF.token, query.get("timestamp") ?? "", query.get("nonce") ?? "", encrypt].sort();
  const signatureIsRight = createHash("sha1").update(parts.join("")).digest("hex") === query.get("msg_signature");
  const { message: plain, receiveId } = openFrame(encrypt);
  return {
    signatureIsRight,
    query,
    body,
    plain,
    receiveId,
    token: tag(plain, "Token") ?? "",
    openKfId: tag(plain, "OpenKfId"),
  };
}

export function tag(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}><!\\[CDATA\\[(.*?)\\]\\]></${name}>`, "s").exec(xml)?.[1];
}

/** Decrypts a frame; what is damaged comes back as a message that says how. */
function openFrame(encrypt: string): { message: string; receiveId: string } {
  const key = Buffer.from(`${KF.encodingAESKey}=`, "base64");
  const bytes = Buffer.from(encrypt, "base64");
  if (bytes.length === 0 || bytes.length % 16 !== 0) return { message: "bad length", receiveId: "" };
  const decipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  const frame = Buffer.concat([decipher.update(bytes), decipher.final()]);
  const pad = frame.at(-1) ?? 0;
  if (pad < 1 || pad > 32 || frame.subarray(-pad).some((byte) => byte !== pad))
    return { message: "bad padding", receiveId: "" };
  const end = 20 + frame.readUInt32BE(16);
  return { message: frame.toString("utf8", 20, end), receiveId: frame.toString("utf8", end, frame.length - pad) };
}
