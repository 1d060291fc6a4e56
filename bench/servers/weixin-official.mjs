// The official iLink client as its host runs it, in a process of its own: its loop, its way of a message and its sending,
// unchanged. What the host would do between is asked of the agent at AGENT_URL, or left out without one.
import { mkdirSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { reportTo } from "../lib/in-server.mjs";

register("../../packages/simulator/src/ilink/official/openclaw-hooks.mjs", import.meta.url);
const { monitorWeixinProvider } = await import("@tencent-weixin/openclaw-weixin/dist/src/monitor/monitor.js");
const { restoreContextTokens } = await import("@tencent-weixin/openclaw-weixin/dist/src/messaging/inbound.js");

const { OPENCLAW_STATE_DIR: dir, PLATFORM_URL: url, AGENT_URL: agentUrl, BOT_TOKEN: token } = process.env;
const ACCOUNT = "bench-im-bot";
const saved = join(dir, "media");
mkdirSync(saved, { recursive: true });

async function ask({ From: id, MessageSidFull, MediaPath }) {
  if (agentUrl === undefined) return [];
  const content = [{ kind: MediaPath === undefined ? "text" : "file" }];
  const body = { sender: { id }, messages: [{ id: MessageSidFull, content }] };
  const response = await fetch(agentUrl, { method: "POST", body: JSON.stringify(body) });
  const text = await response.text();
  return text === "" ? [] : JSON.parse(text).content;
}

const channelRuntime = {
  commands: {},
  media: {
    async saveMediaBuffer(bytes, _mime, _folder, _maxBytes, name = "file") {
      const path = join(saved, name);
      writeFileSync(path, bytes);
      return { path };
    },
  },
  routing: { resolveAgentRoute: () => ({ agentId: "main", sessionKey: "main", mainSessionKey: "main" }) },
  session: { resolveStorePath: () => dir, recordInboundSession: async () => {} },
  reply: {
    finalizeInboundContext: (context) => context,
    resolveHumanDelayConfig: () => undefined,
    createReplyDispatcherWithTyping: ({ deliver, typingCallbacks }) => ({
      dispatcher: { deliver, typingCallbacks },
      replyOptions: {},
      markDispatchIdle: () => {},
    }),
    withReplyDispatcher: ({ run }) => run(),
    async dispatchReplyFromConfig({ ctx, dispatcher: { deliver, typingCallbacks } }) {
      if (agentUrl !== undefined) await typingCallbacks.start();
      for (const { text, path } of await ask(ctx)) await deliver(path === undefined ? { text } : { mediaUrl: path });
      if (agentUrl !== undefined) await typingCallbacks.stop();
    },
  },
};

// Who is known from before, as a start of the client reads it.
restoreContextTokens(ACCOUNT);
const account = { baseUrl: url, cdnBaseUrl: `${url}/cdn`, token, accountId: ACCOUNT };
void monitorWeixinProvider({ ...account, config: {}, channelRuntime, runtime: {} });
reportTo(process, 0);
process.on("SIGTERM", () => process.exit(0));
