// The iLink channel and its store: poll → parse → inbox.accept. No turn is worked.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWeixinIlinkChannel } from "@wxgate/weixin-ilink";
import { ilinkChannel } from "../lib/ilink.mjs";
import { reportTo } from "../lib/in-server.mjs";
import { channelPorts, openParts } from "../lib/parts.mjs";

const folder = mkdtempSync(join(tmpdir(), "wxgate-bench-"));
const parts = await openParts(`sqlite:${join(folder, "ilink.db")}`);
const own = (_account, work, signal) => work(signal);
const channel = createWeixinIlinkChannel("me", ilinkChannel(process.argv[2]), {
  ...channelPorts(parts, "me"),
  fetch,
  own,
});
void channel.run(new AbortController().signal);
reportTo(process, 0);
process.on("SIGTERM", () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
