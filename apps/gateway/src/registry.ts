import { type AgentPorts, type AnyAgentType, agentTypes } from "@wxgate/agents";
import type { Agent, Channel, ChannelPorts, CreateChannel } from "@wxgate/core";
import { createKfChannel, kfConfigSchema } from "@wxgate/kf";
import { agentXmlConfigSchema, createAgentXmlChannel } from "@wxgate/wecom-agent-xml";
import { createWecomBotWebhookChannel, wecomBotWebhookConfigSchema } from "@wxgate/wecom-bot-webhook";
import { createWecomBotWsChannel, wecomBotWsConfigSchema } from "@wxgate/wecom-bot-ws";
import { createWeixinIlinkChannel, weixinIlinkConfigSchema } from "@wxgate/weixin-ilink";
import { z } from "zod";
import { ownAgentKeys } from "./config/agent-keys.ts";
import { noticesShape } from "./config/sentences.ts";

/** A kind of channel the gateway can be configured with. */
export interface ChannelType {
  /** Its own keys, `type` among them; the common keys are added by the configuration. */
  readonly schema: z.ZodObject;
  /** Keys that must be written under each channel and are never taken from `defaults`. */
  readonly credentials: readonly string[];
  /** What the channel itself is made of: of the other keys it knows nothing. */
  own(keys: Keys): Keys;
  create(id: string, keys: Keys, ports: ChannelPorts): Channel;
}

/** A kind of agent the gateway can be configured with. */
export interface AgentType {
  /** Its own keys; the common keys are added by the configuration. */
  readonly schema: z.ZodObject;
  create(name: string, keys: Keys, ports: AgentPorts): Agent | Promise<Agent>;
}

export interface Registry {
  readonly channels: Readonly<Record<string, ChannelType>>;
  readonly agents: Readonly<Record<string, AgentType>>;
}
type Keys = Readonly<Record<string, unknown>>;

/** Common keys that a personal bot has other defaults for. */
const ILINK_SURROUNDINGS = {
  dmPolicy: z
    .enum(["open", "pairing", "allowlist", "disabled"])
    .default("pairing")
    .describe("Who may write: the person who scanned always, and everyone, paired people, allowFrom, or nobody."),
  network: z
    .strictObject({
      timeoutMs: z.number().int().positive().default(130_000),
      retries: z.number().int().min(0).max(10).optional(),
      retryDelayMs: z.number().int().positive().optional(),
    })
    .prefault({})
    .describe("Polls are held by the platform for up to two minutes; every other call has a shorter limit of its own."),
} as const;

/** Everything that can be configured, by its `type`; the only place that names concrete channels and agents. */
export const registry: Registry = {
  channels: {
    kf: channel(kfConfigSchema, createKfChannel, ["secret", "token", "encodingAESKey"]),
    "wecom-bot-ws": channel(wecomBotWsConfigSchema, createWecomBotWsChannel, ["secret"]),
    "wecom-bot-webhook": channel(wecomBotWebhookConfigSchema, createWecomBotWebhookChannel, [
      "token",
      "encodingAESKey",
    ]),
    "wecom-agent-xml": channel(agentXmlConfigSchema, createAgentXmlChannel, ["secret", "token", "encodingAESKey"]),
    "weixin-ilink": channel(weixinIlinkConfigSchema, createWeixinIlinkChannel, ["token", "userId"], ILINK_SURROUNDINGS),
  },
  agents: Object.fromEntries([...agentTypes].map(([type, entry]) => [type, agent(entry)])),
};

function agent({ schema, create }: AnyAgentType): AgentType {
  return { schema, create: (name, keys, ports) => create(name, ownAgentKeys(keys), ports) };
}

function channel<S extends z.ZodObject>(
  schema: S,
  create: CreateChannel<z.output<S>>,
  credentials: readonly string[],
  surroundings: z.ZodRawShape = {},
): ChannelType {
  const names = Object.keys(schema.shape);
  const own = (keys: Keys) => pick(keys, names);
  return {
    schema: schema.safeExtend(surroundings),
    credentials,
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
