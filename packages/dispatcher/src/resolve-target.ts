import { type Address, RejectedError, type Store } from "@wxgate/core";
import { fallbackOf } from "./fallback.ts";
import { asKnown } from "./known-person.ts";
import type { DispatcherSettings } from "./settings.ts";

interface Resolving {
  readonly store: Store;
  readonly settings: DispatcherSettings;
}

/** An AI bot knows no departments; the app named as its fallback does. */
export async function resolveTarget({ store, settings }: Resolving, channel: string, text: string): Promise<Address> {
  const entry = settings.channels.get(channel);
  if (entry === undefined)
    throw new RejectedError(`no channel is called "${channel}"`, { code: "send.unknown-channel" });
  try {
    return await asKnown(store, entry.channel, await entry.channel.target(text));
  } catch (error) {
    const other = fallbackOf(settings, channel);
    if (other === undefined || !(error instanceof RejectedError)) throw error;
    return asKnown(store, other.channel, await other.channel.target(text));
  }
}
