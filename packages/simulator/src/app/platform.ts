import { z } from "zod";
import { ControlError, parseControl } from "../control/errors.ts";
import { randomId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { AccountDescription, ControlVerb, Platform, PlatformTools } from "../platform.ts";
import type { QyapiCall, QyapiRoute, QyapiRoutes } from "../qyapi/calls.ts";
import { QyapiError } from "../qyapi/errors.ts";
import { checkUpload } from "../qyapi/media-rules.ts";
import { QYAPI_PREFIX } from "../qyapi/router.ts";
import { createAppChat } from "./appchat.ts";
import { createChatLimits } from "./chat-limits.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { APP_FAULTS } from "./faults.ts";
import { createFindApp, type FindApp, purposeOf } from "./find.ts";
import { createInbound } from "./inbound.ts";
import type { AppOptions, DirectoryOptions } from "./options.ts";
import { createPeople, type People } from "./people.ts";
import { createSend } from "./send.ts";
import { type App, chatScreenOf, createApp, forgetAll, screenOf } from "./state.ts";
import { createTap } from "./tap.ts";

export interface AppCorpOptions {
  readonly corpId: string;
  readonly name?: string;
  readonly apps: readonly AppOptions[];
  readonly directory?: DirectoryOptions;
}

/** The self-built apps of all enterprises, as one module beside others. */
export function createAppPlatform(tools: PlatformTools, options: readonly AppCorpOptions[]): Platform {
  const directories: Directory[] = [];
  const apps = options.flatMap(({ corpId, name, apps: own, directory: people }) => {
    const corp = tools.corps.ensure(corpId, name);
    const directory = createDirectory(people);
    directories.push(directory);
    return own.map((app) => {
      tools.corps.addCredential(corp, app.secret, purposeOf(app.agentId), app.name);
      return createApp(corp, directory, app);
    });
  });
  checkAgentIds(apps);
  const findApp = createFindApp(apps);
  const people = createPeople(tools.faults);
  const limits = createChatLimits(tools);
  const send = createSend(tools, findApp);
  const inbound = createInbound(tools);
  const tap = createTap(tools, inbound, send);
  const appNamed = (account: string) => named(apps, account);

  return {
    name: "wecom-agent-xml",
    faults: APP_FAULTS,
    qyapi: routes(tools, findApp, send, createAppChat(tools, apps, findApp, limits)),
    accounts: () => apps.map((app) => describe(app, tools.baseUrl())),
    has: (account) => apps.some((app) => app.account === account),
    async send({ account, from, group, content }) {
      if (group !== undefined) throw new ControlError(400, "An app hears nothing of groups.", 'Leave "group" out.');
      const app = appNamed(account);
      const member = people.doing(app, from);
      const ids = await inbound.write(app, member, content);
      return { account, user: member.userId, id: ids.at(-1) ?? "", ids };
    },
    screen({ account, user, group }) {
      const app = appNamed(account);
      const member = people.looking(app, user);
      const chat = group === undefined ? undefined : app.chats.get(group);
      if (group !== undefined && !chat?.members.has(member)) {
        throw new ControlError(404, `${user} is in no group "${group}".`, "Groups are made by appchat/create.");
      }
      const about: JsonObject = chat ? { name: chat.name, members: chat.members.size } : { licensed: member.licensed };
      const items = chat ? chatScreenOf(chat, member) : screenOf(app, member);
      return { account, user: { id: member.userId, name: member.name }, chat: about, items };
    },
    tap: (one) => {
      const app = appNamed(one.account);
      return tap(app, people.looking(app, one.user), one);
    },
    async registerCallback(account, url, force) {
      const app = appNamed(account);
      const check = await tools.callbacks.check(app.endpoint, url);
      const saved = check.ok || force;
      if (saved) app.endpoint.url = url;
      return { account, url, ok: check.ok, saved, check, accounts: [account] };
    },
    callbackStates: () =>
      apps.map(({ account, endpoint }) => ({
        accounts: [account],
        url: endpoint.url ?? null,
        deliveries: endpoint.deliveries,
      })),
    verbs: createVerbs(appNamed, inbound, people),
    reset() {
      for (const app of apps) forgetAll(app);
      for (const directory of directories) directory.reset();
      limits.clear();
    },
  };
}

function routes(
  { baseUrl }: PlatformTools,
  findApp: FindApp,
  send: ReturnType<typeof createSend>,
  chats: ReturnType<typeof createAppChat>,
): QyapiRoutes {
  const route = (method: "GET" | "POST", handle: (call: QyapiCall) => JsonObject): QyapiRoute => ({
    method,
    handle: (call) => ({ json: handle(call) }),
  });
  return {
    "message/send": route("POST", send.send),
    "message/recall": route("POST", send.recall),
    "message/update_template_card": route("POST", send.updateCard),
    "appchat/create": route("POST", chats.create),
    "appchat/update": route("POST", chats.update),
    "appchat/get": route("GET", chats.get),
    "appchat/send": route("POST", chats.send),
    "tag/list": route("GET", (call) => {
      const tags = [...findApp(call).directory.tags];
      return { taglist: tags.map(([tagid, tagname]) => ({ tagid, tagname })) };
    }),
    "media/uploadimg": {
      method: "POST",
      multipart: true,
      handle({ corp, upload }) {
        if (!upload) throw new QyapiError(41005, "media data missing");
        const { contentType: mime, filename, data: content } = upload;
        checkUpload("image", content);
        const { id } = corp.media.add({ kind: "image", mime, filename: filename || randomId("img", 6), content });
        return { json: { url: `${baseUrl()}/control/media/${corp.corpId}/${id}` } };
      },
    },
  };
}

const accountSchema = z.object({ account: z.string() });
/** Who the platform's own callbacks come from; no member. */
const SYSTEM = "sys";
const eventSchema = z.looseObject({ account: z.string(), user: z.string().default(SYSTEM), event: z.string() });

/** At `POST /control/wecom-agent-xml/<verb>`. */
function createVerbs(
  appNamed: (account: string) => App,
  inbound: ReturnType<typeof createInbound>,
  people: People,
): Readonly<Record<string, ControlVerb>> {
  return {
    people: {
      summary: "The members of the enterprise.",
      body: "{ account }",
      run(body) {
        const { account } = parseControl(accountSchema, body, "Body: { account }");
        const members = appNamed(account).directory.all();
        return { people: members.map(({ userId, name }) => ({ id: userId, name })) };
      },
    },
    groups: {
      summary: "The group chats that the app has made, with the userids of their members.",
      body: "{ account }",
      run(body) {
        const { account } = parseControl(accountSchema, body, "Body: { account }");
        const groups = [...appNamed(account).chats.values()].map(({ chatId, name, members }) => ({
          id: chatId,
          name,
          members: [...members].map(({ userId }) => userId),
        }));
        return { groups };
      },
    },
    event: {
      summary: "Any event, with the elements it has on the wire; from the platform itself unless a user is named.",
      body: "{ account, user?, event, …elements }",
      run(body) {
        const { account, user, event, ...fields } = parseControl(eventSchema, body, "Body: { account, user?, event }");
        const elements = fields as JsonObject;
        const app = appNamed(account);
        if (user === SYSTEM) return { id: inbound.event(app, SYSTEM, { Event: event, ...elements }) };
        return { id: inbound.cause(app, people.doing(app, user), event, elements) };
      },
    },
  };
}

function describe(app: App, url: string): AccountDescription {
  const { agentId, name, secret, token, encodingAESKey } = app.options;
  return {
    type: "wecom-agent-xml",
    account: app.account,
    name,
    corpId: app.corp.corpId,
    ...{ secret, agentId, token, encodingAESKey },
    members: app.directory.all().map(({ userId }) => userId),
    apiBaseUrl: `${url}${QYAPI_PREFIX.slice(0, -1)}`,
    callbackUrl: app.endpoint.url ?? null,
  };
}

function named(apps: readonly App[], account: string): App {
  const app = apps.find((one) => one.account === account);
  if (app) return app;
  throw new ControlError(404, `There is no app "${account}".`, `Apps: ${apps.map((one) => one.account).join(", ")}`);
}

/** The agent id is the account in the control API, which knows no corps. */
function checkAgentIds(apps: readonly App[]): void {
  const corpOf = new Map<string, string>();
  for (const { account, corp } of apps) {
    const other = corpOf.get(account);
    if (other !== undefined) {
      throw new RangeError(
        `Two apps have the agent id ${account} (${other}, ${corp.corpId}): give one of them another, also in another corp.`,
      );
    }
    corpOf.set(account, corp.corpId);
  }
}
