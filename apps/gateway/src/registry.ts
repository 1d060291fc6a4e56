import type { AgentPorts } from "@wxgate/agents";
import { type AnyAgentType, agentTypes } from "@wxgate/agents/types";
import type { Agent, Channel, ChannelPorts, CreateChannel } from "@wxgate/core";
import { z } from "zod";
import { ownAgentKeys } from "./config/agent-keys.ts";
import { networkShape } from "./config/common.ts";
import { noticesShape } from "./config/sentences.ts";

/** A kind of channel the gateway can be configured with. */
export interface ChannelType {
  /** Its own keys, `type` among them; the common keys are added by the configuration. */
  readonly schema: z.ZodObject;
  /** Keys that must be written under each channel and are never taken from `defaults`. */
  readonly credentials: readonly string[];
  /** Keys with words for people, in English: what stands in the place of the Chinese defaults. */
  readonly english: Keys;
  /** What the channel itself is made of: of the other keys it knows nothing. */
  own(keys: Keys): Keys;
  create(id: string, keys: Keys, ports: ChannelPorts): Channel;
}

/** A kind of agent the gateway can be configured with. */
export interface AgentType {
  /** Its own keys; the common keys are added by the configuration. */
  readonly schema: z.ZodObject;
  /** Its agents can write the summaries of a session's memory. */
  readonly summarizes: boolean;
  create(name: string, keys: Keys, ports: AgentPorts): Agent | Promise<Agent>;
}

/** Everything of one kind that can be configured, by its `type`; each is imported when something of it is configured. */
type Loaders<T> = Readonly<Record<string, () => Promise<T>>>;

export interface Registry {
  readonly channels: Loaders<ChannelType>;
  readonly agents: Loaders<AgentType>;
}

/** The types somebody asked for. */
export interface Types<T> {
  /** Of all there are, loaded or not. */
  readonly names: readonly string[];
  readonly loaded: ReadonlyMap<string, T>;
}

/** Names that nothing has are left out. */
export async function loadTypes<T>(loaders: Loaders<T>, wanted: Iterable<unknown>): Promise<Types<T>> {
  const asked = new Set(wanted);
  const found = Object.entries(loaders).filter(([name]) => asked.has(name));
  const loaded = await Promise.all(found.map(async ([name, load]) => [name, await load()] as const));
  return { names: Object.keys(loaders), loaded: new Map(loaded) };
}

type Keys = Readonly<Record<string, unknown>>;

/** Common keys that a personal bot has other defaults for. */
const ILINK_SURROUNDINGS = {
  dmPolicy: z
    .enum(["open", "pairing", "allowlist", "disabled"])
    .default("pairing")
    .describe(
      "Who may write beside the person who scanned: everyone, allowFrom and paired people, only allowFrom, or nobody at all.",
    ),
  network: z
    .strictObject({
      ...networkShape,
      timeoutMs: z
        .number()
        .int()
        .positive()
        .default(130_000)
        .describe("The longest silence of a server, in milliseconds; the platform holds a poll for up to two minutes."),
    })
    .prefault({})
    .describe("Polls are held by the platform for up to two minutes; every other call has a shorter limit of its own."),
} as const;

/** Everything that can be configured; the only place that names concrete channels and agents. */
export const registry: Registry = {
  channels: {
    async kf() {
      const { createKfChannel, kfConfigSchema, kfEnglish } = await import("@wxgate/kf");
      return channel(kfConfigSchema, createKfChannel, ["secret", "token", "encodingAESKey"], kfEnglish);
    },
    async "wecom-bot-ws"() {
      const { createWecomBotWsChannel, wecomBotWsConfigSchema, wecomBotWsEnglish } = await import(
        "@wxgate/wecom-bot-ws"
      );
      return channel(wecomBotWsConfigSchema, createWecomBotWsChannel, ["secret"], wecomBotWsEnglish);
    },
    async "wecom-bot-webhook"() {
      const { createWecomBotWebhookChannel, wecomBotWebhookConfigSchema, wecomBotWebhookEnglish } = await import(
        "@wxgate/wecom-bot-webhook"
      );
      return channel(
        wecomBotWebhookConfigSchema,
        createWecomBotWebhookChannel,
        ["token", "encodingAESKey"],
        wecomBotWebhookEnglish,
      );
    },
    async "wecom-agent-xml"() {
      const { agentXmlConfigSchema, agentXmlEnglish, createAgentXmlChannel } = await import("@wxgate/wecom-agent-xml");
      return channel(
        agentXmlConfigSchema,
        createAgentXmlChannel,
        ["secret", "token", "encodingAESKey"],
        agentXmlEnglish,
      );
    },
    async "weixin-ilink"() {
      const { createWeixinIlinkChannel, weixinIlinkConfigSchema, weixinIlinkEnglish } = await import(
        "@wxgate/weixin-ilink"
      );
      return channel(
        weixinIlinkConfigSchema,
        createWeixinIlinkChannel,
        ["token", "userId"],
        weixinIlinkEnglish,
        ILINK_SURROUNDINGS,
      );
    },
  },
  agents: Object.fromEntries(Object.entries(agentTypes).map(([type, load]) => [type, async () => agent(await load())])),
};

function agent({ schema, summarizes, create }: AnyAgentType): AgentType {
  return { schema, summarizes, create: (name, keys, ports) => create(name, ownAgentKeys(keys), ports) };
}

function channel<S extends z.ZodObject>(
  schema: S,
  create: CreateChannel<z.output<S>>,
  credentials: readonly string[],
  english: Partial<z.input<S>>,
  surroundings: z.ZodRawShape = {},
): ChannelType {
  const names = Object.keys(schema.shape);
  const own = (keys: Keys) => pick(keys, names);
  return {
    schema: schema.safeExtend(surroundings),
    credentials,
    english,
    own,
    // The configuration checked `keys` with this schema; the common keys beside it are the gateway's affair.
    create: (id, keys, ports) => create(id, own(keys) as z.output<S>, ports),
  };
}

function pick(keys: Keys, names: readonly string[]): Keys {
  const own = Object.fromEntries(names.filter((name) => name in keys).map((name) => [name, keys[name]]));
  return "notices" in own ? { ...own, notices: withoutGatewaysOwn(own.notices as Keys) } : own;
}

/** Under `notices` stand the channel's sentences and the gateway's. */
function withoutGatewaysOwn(notices: Keys): Keys {
  return Object.fromEntries(Object.entries(notices).filter(([name]) => !(name in noticesShape)));
}
