import type { WorkerOptions } from "@wxgate/core";

/** The accounts of a tied channel that may be worked here, as JSON; undefined: the channel is not tied. */
export function tiedAccounts(options: WorkerOptions, channel: string): string | undefined {
  const accounts = options.tied?.get(channel);
  if (accounts === undefined) return undefined;
  const prefix = `${channel}|`;
  return JSON.stringify([...accounts].map((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : key)));
}
