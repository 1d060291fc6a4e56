import { createHash } from "node:crypto";
import type { Address, Channel, Sender } from "@wxgate/core";
import { lists } from "./access.ts";
import type { ChannelSettings } from "./settings.ts";

/** Who gets an instance of the agent that nobody else shares. */
export interface DynamicAgents {
  readonly enabled: boolean;
  /** One for each person who writes directly. */
  readonly dmCreateAgent: boolean;
  /** One for each group. */
  readonly groupEnabled: boolean;
  /** These people talk to the agent itself. */
  readonly adminUsers: readonly string[];
}

type InstanceSettings = Pick<ChannelSettings, "dynamicAgents"> & { readonly channel: Pick<Channel, "personKey"> };

/**
 * Does an instance of its own answer here?
 *
 * - `instance`: yes, this conversation's
 * - `main`: no, the agent itself, though others in this group talk to an instance
 * - `shared`: no, and nobody else here has one
 */
export function instanceFor(
  settings: InstanceSettings,
  isBound: boolean,
  { kind }: Pick<Address, "kind">,
  sender: Sender,
): "instance" | "main" | "shared" {
  const { dynamicAgents } = settings;
  if (dynamicAgents === undefined || !dynamicAgents.enabled || isBound) return "shared";
  const isWanted = kind === "group" ? dynamicAgents.groupEnabled : dynamicAgents.dmCreateAgent;
  if (!isWanted) return "shared";
  if (!lists(settings, dynamicAgents.adminUsers, sender.id)) return "instance";
  return kind === "group" ? "main" : "shared";
}

/** Longer ones are cut and told apart by their hash; file systems take 255. */
const LONGEST = 200;

/**
 * The name of a conversation's instance of `agent`: of a-z, 0-9, "-", "_" and ".", so that it can name a folder, and never
 * the same for two conversations, not even where a file system ignores case.
 */
export function instanceName(agent: string, channel: Pick<Channel, "personKey">, address: Address): string {
  const { kind } = address;
  const peer = kind === "direct" ? (channel.personKey?.(address.peer) ?? address.peer) : address.peer;
  const name = [agent, address.channel, kind, address.account, peer].map(encode).join(".");
  if (name.length <= LONGEST) return name;
  const hash = createHash("sha256").update(name).digest("hex");
  // No encoded text holds "_x".
  return `${name.slice(0, LONGEST - hash.length - 2)}_x${hash}`;
}

/** Small letters, digits and "-" stay; anything else becomes "_" and two hexadecimal digits, or "_u" and four. */
function encode(text: string): string {
  return text.replace(/[^a-z0-9-]/g, (unit) => {
    const code = unit.charCodeAt(0);
    return code < 0x100 ? `_${code.toString(16).padStart(2, "0")}` : `_u${code.toString(16).padStart(4, "0")}`;
  });
}
