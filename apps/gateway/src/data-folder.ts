import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readPrivateFile, writePrivateFile } from "./ports/private-file.ts";

/** What a running gateway leaves beside its store (mode 0600), so that commands find it and its generated token. */
export interface GatewayFile {
  readonly adminUrl: string;
  readonly pid: number;
  /** Only a token the gateway made itself; a configured one is read from the configuration. */
  readonly token?: string;
}

/** The folder of the gateway's own small files: beside the SQLite file, without one beside the media. */
export function dataFolderOf(config: { readonly store: string; readonly media: { readonly dir: string } }): string {
  const { store, media } = config;
  const file = /^sqlite:(?!:)(.+)$/.exec(store)?.[1];
  return dirname(file ?? media.dir);
}

export function keyFileOf(folder: string): string {
  return join(folder, "wxgate.key");
}

export function readGatewayFile(folder: string): GatewayFile | undefined {
  const path = gatewayFileOf(folder);
  // A folder that cannot be looked into is told by whoever needs it.
  const text = existsSync(path) ? readPrivateFile(path) : undefined;
  return text === undefined ? undefined : (JSON.parse(text) as GatewayFile);
}

export function writeGatewayFile(folder: string, file: GatewayFile): void {
  writePrivateFile(gatewayFileOf(folder), `${JSON.stringify(file)}\n`);
}

function gatewayFileOf(folder: string): string {
  return join(folder, "gateway.json");
}
