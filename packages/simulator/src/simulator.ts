import { createAppPlatform } from "./app/platform.ts";
import { createBotPlatform } from "./bot/platform.ts";
import { createBotWebhookPlatform } from "./bot-webhook/platform.ts";
import { CALLBACK_FAULTS } from "./callback-faults.ts";
import { createCallbackSender } from "./callbacks.ts";
import { createClock } from "./clock.ts";
import { type Control, createControl } from "./control/control.ts";
import { createChangeFeed, createMediaPreview, sendAvatar } from "./control/extras.ts";
import { CONTROL_PREFIX, createControlRouter } from "./control/router.ts";
import { createFaults } from "./faults.ts";
import { DEFAULT_ILINK } from "./ilink/options.ts";
import { createIlinkPlatform } from "./ilink/platform.ts";
import { createKfPlatform } from "./kf/platform.ts";
import { DEFAULT_CORPS, type SimulatorOptions } from "./options.ts";
import type { AccountDescription, Platform, PlatformTools } from "./platform.ts";
import { createPlayground } from "./playground/assets.ts";
import type { QyapiRoute } from "./qyapi/calls.ts";
import { createCorps } from "./qyapi/corps.ts";
import { QYAPI_FAULTS } from "./qyapi/faults.ts";
import { createGetToken } from "./qyapi/gettoken.ts";
import { createMinuteLimit } from "./qyapi/limits.ts";
import { createMediaRoutes } from "./qyapi/media-routes.ts";
import { createQyapiRouter, QYAPI_PREFIX } from "./qyapi/router.ts";
import { createTokens } from "./qyapi/tokens.ts";
import { createRequestLog } from "./request-log.ts";
import { startServer } from "./server.ts";

/** The running platforms. The methods of `Control` do what the HTTP control API does. */
export interface Simulator extends Control {
  /** `http://127.0.0.1:<port>`, also the playground's address. */
  readonly url: string;
  /** Addresses and accounts, as one object to print or to write a configuration from. */
  describe(): SimulatorDescription;
  close(): Promise<void>;
}

export interface SimulatorDescription {
  readonly url: string;
  readonly playground: string;
  readonly control: string;
  /** The platform's API as clients know it, with `/cgi-bin`. */
  readonly apiBaseUrl: string;
  readonly accounts: readonly AccountDescription[];
}

/** Starts the platforms on one loopback port. Several may run side by side; they share nothing. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const startAt = options.clock?.startAt;
  const clock = createClock(startAt instanceof Date ? startAt.getTime() : startAt);
  const faults = createFaults(options.random);
  const log = createRequestLog(options.logEntries);
  const corps = createCorps(clock.now);
  const tokens = createTokens(clock.now);
  const callbacks = createCallbackSender({ clock, faults, log }, options.callbacks);
  const limit = createMinuteLimit(clock.now);
  const getToken = createGetToken({ corps, tokens, faults, clock }, options.wrongSecretsBeforeBan ?? 20);
  const feed = createChangeFeed();
  let url = "";
  const tools: PlatformTools = {
    clock,
    faults,
    log,
    corps,
    tokens,
    callbacks,
    baseUrl: () => url,
    changed: feed.changed,
  };

  faults.define([...QYAPI_FAULTS, ...CALLBACK_FAULTS]);
  const platforms = createPlatforms(tools, options);
  const qyapi = createQyapiRouter({ tokens, getToken, limit, faults, clock, log });
  qyapi.add(createMediaRoutes({ faults, clock }));
  const addresses: QyapiRoute = { method: "GET", handle: () => ({ json: { ip_list: ["127.0.0.1"] } }) };
  qyapi.add({ getcallbackip: addresses, get_api_domain_ip: addresses });
  for (const platform of platforms) {
    faults.define(platform.faults);
    if (platform.qyapi) qyapi.add(platform.qyapi);
  }
  for (const setting of options.faults ?? []) faults.set(setting);

  const resetShared = () => {
    tokens.clear();
    getToken.clear();
    limit.clear();
    for (const corp of corps.all()) corp.media.clear();
  };
  const control = createControl({ platforms, clock, faults, log, callbacks, resetShared });
  const controlRouter = createControlRouter(control, {
    media: { GET: createMediaPreview(corps) },
    avatars: { GET: sendAvatar },
    changes: { GET: feed.open },
  });
  const prefixes = {
    "/": createPlayground(),
    [QYAPI_PREFIX]: qyapi.handle,
    [CONTROL_PREFIX]: controlRouter.handle,
    ...Object.assign({}, ...platforms.map((platform) => platform.http ?? {})),
  };
  const upgrades = Object.assign({}, ...platforms.map((platform) => platform.upgrades ?? {}));
  const server = await startServer(options.port ?? 0, prefixes, upgrades);
  url = server.url;

  return {
    ...control,
    url,
    describe: () => ({
      url,
      playground: `${url}/`,
      control: `${url}${CONTROL_PREFIX.slice(0, -1)}`,
      apiBaseUrl: `${url}${QYAPI_PREFIX.slice(0, -1)}`,
      accounts: control.accounts(),
    }),
    async close() {
      clock.close();
      feed.close();
      for (const platform of platforms) platform.close?.();
      callbacks.close();
      await server.close();
    },
  };
}

/** Every platform there is: a further one is added here, beside the others. */
function createPlatforms(
  tools: PlatformTools,
  { corps = DEFAULT_CORPS, ilink = DEFAULT_ILINK }: SimulatorOptions,
): readonly Platform[] {
  const withKf = corps.flatMap(({ corpId, name, kf }) => (kf ? [{ corpId, name, kf }] : []));
  const withApps = corps.flatMap(({ apps, ...corp }) => (apps ? [{ ...corp, apps }] : []));
  const withBots = corps.flatMap(({ corpId, name, bots }) => (bots ? [{ corpId, name, bots }] : []));
  const withHooks = corps.flatMap(({ corpId, name, webhookBots }) =>
    webhookBots ? [{ corpId, name, bots: webhookBots }] : [],
  );
  return [
    createKfPlatform(tools, withKf),
    createAppPlatform(tools, withApps),
    createBotPlatform(tools, withBots),
    createBotWebhookPlatform(tools, withHooks),
    createIlinkPlatform(tools, ilink),
  ];
}
