import { addChannel, type Draft, type ImportSurroundings } from "./draft.ts";
import { isObject, sectionOf } from "./section.ts";
import { enabledOf } from "./wecom.ts";

const KF_PORT = 9999;

/** `channels.wechat-kf`: one channel for all accounts of the enterprise, on the path it had. */
export function importKf(draft: Draft, kf: unknown, surroundings: ImportSurroundings): void {
  if (!isObject(kf)) return;
  const section = sectionOf("channels.wechat-kf", kf);
  const keys = {
    enabled: enabledOf(draft, section),
    corpId: section.text("corpId"),
    secret: section.text("appSecret") ?? section.text("secret"),
    token: section.text("token"),
    encodingAESKey: section.text("encodingAESKey"),
    path: section.text("webhookPath") ?? "/wechat-kf",
    dmPolicy: section.text("dmPolicy"),
    allowFrom: section.list("allowFrom"),
    welcomeText: section.text("welcomeText"),
  };
  const port = section.number("webhookPort") ?? KF_PORT;
  draft.sections.set("server", { port });
  const origin = { channel: "wechat-kf", account: "" };
  const comment = "WeChat Customer Service: every account of the enterprise that the API may use.";
  addChannel(draft, "kf", { type: "kf", comment, keys, origin }, surroundings);
  draft.notes.push(
    `server.port is ${port}, where the KF plugin listened, so that a proxy in front of it can stay; every other channel answers there, too`,
    "the KF plugin's cursors stay behind: what customers wrote before the first start here is kept as history and not answered",
  );
  draft.lost.push(...section.rest());
}

/** `channels.openclaw-weixin`: logins cannot be taken along. */
export function importWeixin(
  draft: Draft,
  weixin: unknown,
  isPluginOn: boolean,
  surroundings: ImportSurroundings,
): void {
  if (!isObject(weixin) && !isPluginOn) return;
  const section = sectionOf("channels.openclaw-weixin", weixin);
  const accounts = section.section("accounts");
  const keys = {
    enabled: section.flag("enabled") === false ? false : undefined,
    baseUrl: section.text("baseUrl"),
    cdnBaseUrl: section.text("cdnBaseUrl"),
    botAgent: section.text("botAgent"),
    routeTag: section.text("routeTag"),
    toolProgress: section.flag("replyProgressMessages"),
    dmPolicy: section.text("dmPolicy"),
    allowFrom: section.list("allowFrom"),
  };
  const origin = { channel: "openclaw-weixin", account: "" };
  const comment = "Personal WeChat bots (iLink), every account that logs in here.";
  const id = addChannel(draft, "weixin", { type: "weixin-ilink", comment, keys, origin }, surroundings);
  const count = accounts?.keys().length ?? 0;
  draft.notes.push(
    `logins stay behind${count === 0 ? "" : ` (${count} of them)`}: sign in anew with \`wxgate login ${id}\`, once per account`,
    "each WeChat conversation has a memory of its own here; there all of them shared one unless agents.mode said otherwise",
  );
  draft.lost.push(...section.rest());
}
