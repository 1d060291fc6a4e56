import { addChannel, type Draft, type ImportSurroundings } from "./draft.ts";
import { isObject, type Section, sectionOf } from "./section.ts";

const OPEN = "/plugins/wecom";

interface Account {
  readonly id: string;
  readonly section: Section;
  readonly isDefault: boolean;
  readonly isOnly: boolean;
}

/** `channels.wecom`: a bot and an app per account, on the paths they had. */
export function importWecom(draft: Draft, wecom: unknown, surroundings: ImportSurroundings): void {
  if (!isObject(wecom)) return;
  const { accounts: given, defaultAccount, ...shared } = wecom;
  const known = new Set<string>();
  for (const account of accountsOf(shared, given, defaultAccount)) {
    const { section } = account;
    const before = draft.channels.size;
    const surround = surroundingKeys(draft, section, surroundings);
    const app = addApp(draft, account, surround, known, surroundings);
    addBot(draft, account, surround, app, known, surroundings);
    if (draft.channels.size === before && !isAppWithoutNumber(section)) {
      draft.lost.push(`${section.path}: it holds neither a bot's nor an app's credentials that are not used already`);
    }
    section.text("name");
    draft.lost.push(...section.rest());
  }
}

function accountsOf(shared: object, given: unknown, defaultAccount: unknown): readonly Account[] {
  const entries = isObject(given) ? Object.entries(given) : [];
  if (entries.length === 0) {
    return [{ id: "default", section: sectionOf("channels.wecom", shared), isDefault: true, isOnly: true }];
  }
  const standard = typeof defaultAccount === "string" ? defaultAccount : (entries[0]?.[0] ?? "");
  return entries.map(([id, own]) => ({
    id,
    section: sectionOf(`channels.wecom.accounts.${id}`, shared, own),
    isDefault: id === standard,
    isOnly: entries.length === 1,
  }));
}

/** What both kinds of channel have. */
function surroundingKeys(draft: Draft, section: Section, { home }: ImportSurroundings): Record<string, unknown> {
  const network = section.section("network");
  keepMedia(draft, section.section("media"));
  const roots = section.list("mediaLocalRoots");
  return {
    enabled: enabledOf(draft, section),
    ...accessOf(draft, section),
    groupPolicy: section.text("groupPolicy"),
    groupAllowFrom: section.list("groupAllowFrom"),
    groups: groupsOf(section.section("groups")),
    mediaLocalRoots: roots?.map((root) => root.replace(/^~(?=\/|$)/, home)),
    egressProxyUrl: network?.text("egressProxyUrl"),
    network: withoutGaps({
      timeoutMs: network?.number("timeoutMs"),
      retries: network?.number("retries"),
      retryDelayMs: network?.number("retryDelayMs"),
    }),
    dynamicAgents: dynamicAgentsOf(section.section("dynamicAgents")),
    commands: withoutGaps({ allowFrom: section.section("commands")?.list("allowFrom") }),
  };
}

/** Who may write to it, by today's keys or the older `dm`. What cannot be read there lets nobody in until somebody looks. */
function accessOf(draft: Draft, section: Section): { dmPolicy?: string; allowFrom?: readonly string[] } {
  const dm = section.section("dm");
  const written = section.text("dmPolicy") ?? dm?.text("policy");
  const isStrange = section.has("dmPolicy") || dm?.has("policy") === true || (dm === undefined && section.has("dm"));
  const allowFrom = section.list("allowFrom") ?? dm?.list("allowFrom");
  if (written === undefined && isStrange) {
    draft.notes.push(`${section.path}: who may write to it could not be read, so nobody may; set dmPolicy`);
  }
  const dmPolicy = written ?? (isStrange ? "disabled" : undefined);
  return { ...(dmPolicy !== undefined && { dmPolicy }), ...(allowFrom !== undefined && { allowFrom }) };
}

/** There it was off unless it said otherwise; here it is on. */
export function enabledOf(draft: Draft, section: Section): boolean | undefined {
  const enabled = section.flag("enabled");
  if (enabled !== undefined) return enabled ? undefined : false;
  draft.notes.push(
    `${section.path} does not say \`enabled: true\`, so it was off and stays off; remove \`enabled: false\``,
  );
  return false;
}

function keepMedia(draft: Draft, media: Section | undefined): void {
  const kept = withoutGaps({ maxBytes: media?.number("maxBytes"), retentionHours: media?.number("retentionHours") });
  if (kept === undefined) return;
  const before = draft.sections.get("media") ?? {};
  for (const [key, value] of Object.entries(kept)) {
    if (before[key] !== undefined && before[key] !== value) {
      draft.notes.push(
        `media.${key} holds for all channels here; ${String(before[key])} was taken, not ${String(value)}`,
      );
    }
  }
  draft.sections.set("media", { ...kept, ...before });
}

function groupsOf(groups: Section | undefined): Record<string, unknown> | undefined {
  const entries = (groups?.keys() ?? []).flatMap((id) => {
    const group = groups?.section(id);
    const allowFrom = group?.list("allowFrom");
    const requireMention = group?.flag("requireMention");
    const kept = withoutGaps({ allowFrom, requireMention });
    return kept === undefined ? [] : [[id, kept] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function dynamicAgentsOf(section: Section | undefined): Record<string, unknown> | undefined {
  return withoutGaps({
    enabled: section?.flag("enabled"),
    dmCreateAgent: section?.flag("dmCreateAgent"),
    groupEnabled: section?.flag("groupEnabled"),
    adminUsers: section?.list("adminUsers"),
  });
}

type Keys = Readonly<Record<string, unknown>>;

function addApp(
  draft: Draft,
  account: Account,
  surround: Keys,
  known: Set<string>,
  surroundings: ImportSurroundings,
): string | undefined {
  const app = account.section.section("agent");
  const corpId = app?.text("corpId");
  const secret = app?.text("corpSecret") ?? app?.text("secret");
  if (app === undefined || corpId === undefined || secret === undefined) return undefined;
  const agentId = app.number("agentId");
  if (agentId === undefined) {
    draft.lost.push(
      `${app.path}: without agentId nothing can be answered; add it, from the app's page in the console, and import again`,
    );
    for (const key of app.keys()) app.raw(key);
    return undefined;
  }
  if (!isNew(known, `app ${corpId} ${agentId}`)) return undefined;
  const keys: Record<string, unknown> = {
    corpId,
    secret,
    agentId,
    token: app.text("token"),
    encodingAESKey: app.text("encodingAESKey"),
    path: pathsOf("agent", account),
    ...surround,
    ...accessOf(draft, app),
    welcomeText: app.text("welcomeText"),
  };
  const comment = `The self-built app of ${account.section.path}.`;
  const origin = { channel: "wecom", account: account.id };
  return addChannel(draft, idOf(account, "-app"), { type: "wecom-agent-xml", comment, keys, origin }, surroundings);
}

function addBot(
  draft: Draft,
  account: Account,
  surround: Keys,
  fallback: string | undefined,
  known: Set<string>,
  surroundings: ImportSurroundings,
): void {
  const { section } = account;
  const [botId, secret, token, encodingAESKey] = ["botId", "secret", "token", "encodingAESKey"].map((key) =>
    section.text(key),
  );
  const mode =
    section.text("connectionMode") ?? (botId !== undefined && secret !== undefined ? "websocket" : "webhook");
  const [receiveId, webhookPath, url] = ["receiveId", "webhookPath", "websocketUrl"].map((key) => section.text(key));
  const shared = {
    ...surround,
    welcomeText: section.text("welcomeText"),
    sendThinkingMessage: section.flag("sendThinkingMessage"),
    streamPlaceholderContent: section.text("streamPlaceholderContent"),
    fallback,
  };
  const origin = { channel: "wecom", account: account.id };
  if (mode === "webhook") {
    if (token === undefined || encodingAESKey === undefined || !isNew(known, `hook ${token} ${encodingAESKey}`)) return;
    const path = [...new Set([...(webhookPath === undefined ? [] : [webhookPath]), ...pathsOf("bot", account)])];
    const keys = { token, encodingAESKey, receiveId: receiveId ?? "", path, ...shared };
    const comment = `The AI bot of ${section.path}, in callback mode.`;
    addChannel(draft, idOf(account, ""), { type: "wecom-bot-webhook", comment, keys, origin }, surroundings);
    return;
  }
  if (botId === undefined || secret === undefined || !isNew(known, `bot ${botId}`)) return;
  if (token !== undefined || webhookPath !== undefined) {
    draft.notes.push(
      `${section.path}: the bot uses the long connection, so its token, key and webhookPath are left out`,
    );
  }
  const comment = `The AI bot of ${section.path}, over its long connection.`;
  const keys = { botId, secret, url, ...shared };
  addChannel(draft, idOf(account, ""), { type: "wecom-bot-ws", comment, keys, origin }, surroundings);
}

/** Said already, in words of its own. */
function isAppWithoutNumber(section: Section): boolean {
  const app = section.section("agent");
  return app?.has("corpId") === true && app.number("agentId") === undefined;
}

/** Accounts inherit credentials there; here each bot and app is one channel. */
function isNew(known: Set<string>, identity: string): boolean {
  if (known.has(identity)) return false;
  known.add(identity);
  return true;
}

/** Every path the platform may have been given; accounts that share one are told apart by signature. */
function pathsOf(kind: "agent" | "bot", { id, isDefault, isOnly }: Account): readonly string[] {
  const open = `${OPEN}/${kind}`;
  const name = encodeURIComponent(id);
  const legacy = kind === "agent" ? ["/wecom/agent", `/wecom/agent/${name}`] : ["/wecom/bot", "/wecom"];
  const own = isOnly && id === "default" ? [] : [`${open}/${name}`];
  return [...new Set([...own, ...(isDefault ? [`${open}/default`] : []), open, ...legacy])];
}

function idOf({ id, isOnly }: Account, suffix: string): string {
  return isOnly && id === "default" ? `wecom${suffix}` : `wecom-${id}${suffix}`;
}

/** Undefined when nothing is in it. */
export function withoutGaps(keys: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const entries = Object.entries(keys).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
