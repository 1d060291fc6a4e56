// The path all webhook channels share, in the gateway's own server: callback → parse → inbox.accept. No turn is worked.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMetrics, createPublicServer, mountRoutes, tuneHeap } from "@wxgate/gateway/public-server";
import { createAgentXmlChannel } from "@wxgate/wecom-agent-xml";
import { createWecomBotWebhookChannel } from "@wxgate/wecom-bot-webhook";
import { ACCOUNT } from "../lib/callbacks.mjs";
import { reportTo } from "../lib/in-server.mjs";
import { channelPorts, openParts } from "../lib/parts.mjs";

tuneHeap();
const [kind = "app", count = "1"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "wxgate-bench-"));
const parts = await openParts(`sqlite:${join(folder, "shared.db")}`);
const { encodingAESKey } = ACCOUNT;

/** The first is the account that is written to. */
const CREATE = {
  app: (id, index, token) =>
    createAgentXmlChannel(
      id,
      {
        corpId: ACCOUNT.corpId,
        secret: "not-used-here",
        agentId: ACCOUNT.agentId + index,
        token,
        encodingAESKey,
      },
      channelPorts(parts, id),
    ),
  bot: (id, index, token) =>
    createWecomBotWebhookChannel(
      id,
      { botId: index === 0 ? ACCOUNT.botId : `${ACCOUNT.botId}${index}`, token, encodingAESKey },
      channelPorts(parts, id),
    ),
};
const channels = Array.from({ length: Number(count) }, (_, index) =>
  CREATE[kind](`${kind}${index}`, index, index === 0 ? ACCOUNT.token : `${ACCOUNT.token}x${index}`),
);
const server = createPublicServer({ log: parts.log, metrics: createMetrics() });
// The account that is written to stands last: all others are asked before it.
server.mount(mountRoutes(channels.toReversed().map(({ id, webhook }) => ({ id, paths: ["/webhooks/app"], webhook }))));
const { port } = await server.listen("127.0.0.1", 0);
reportTo(process, port, { counts: () => parts.store.query.counts() });
process.on("SIGTERM", () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
