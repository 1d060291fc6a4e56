import { hasMedia, type InboundContent, type MediaStream, type StoredMedia } from "@wxgate/core";
import type { MediaKeeper } from "@wxgate/dispatcher";
import { createMediaStore, type MediaStore, safeFilename } from "@wxgate/media";
import type { GatewayConfig } from "../config/schema.ts";
import { openFolder, unusableFolder } from "./folder.ts";
import type { SignedFile, UrlSigner } from "./signed-url.ts";

/** The files people and operators sent: kept by hash, handed out by signed addresses. */
export interface MediaFiles extends MediaKeeper {
  readonly store: MediaStore;
  keepFile(stream: MediaStream, signal: AbortSignal): Promise<StoredMedia>;
  open(file: SignedFile): Promise<MediaStream | undefined>;
  openSigned(id: string, query: Readonly<Record<string, unknown>>): Promise<MediaStream | undefined>;
  /** The file behind a signed address of ours; undefined for any other address. */
  openOwn(url: string): Promise<MediaStream | undefined>;
}

/** @throws Error in plain words when the folder cannot be used. */
export function createMediaFiles(
  config: GatewayConfig["media"],
  signer: UrlSigner,
  clock: { now(): number },
): MediaFiles {
  try {
    openFolder(config.dir);
  } catch (error) {
    throw unusableFolder("media", config.dir, "set media.dir to another one", error);
  }
  const store = createMediaStore({ ...config, clock });
  const validMs = config.retentionHours * 3_600_000;

  async function keepFile(stream: MediaStream, signal: AbortSignal): Promise<StoredMedia> {
    const { givesChunks } = stream;
    const { id, sha256, bytes, mime } = await store.put(stream.body, {
      filename: stream.filename,
      signal,
      givesChunks,
    });
    const filename = stream.filename === undefined ? undefined : safeFilename(stream.filename, "file");
    const file = { id, mime, ...(filename !== undefined && { filename }) };
    return { ...file, sha256, bytes };
  }

  async function open({ id, mime, filename }: SignedFile): Promise<MediaStream | undefined> {
    const file = await store.open(id);
    if (file === undefined) return undefined;
    const { body, bytes } = file;
    return { body, bytes, mime, givesChunks: true, ...(filename !== undefined && { filename }) };
  }

  function sign(content: InboundContent): InboundContent {
    if (content.kind === "forwarded") {
      return { ...content, items: content.items.map((item) => ({ ...item, content: sign(item.content) })) };
    }
    if (!hasMedia(content) || !("id" in content.media)) return content;
    const { media } = content;
    return { ...content, media: { ...media, url: signer.sign(media, validMs) } };
  }

  return {
    store,
    keep: (stream, _context, signal) => keepFile(stream, signal),
    sign,
    open,
    async keepFile(stream, signal) {
      const stored = await keepFile(stream, signal);
      return { ...stored, url: signer.sign(stored, validMs) };
    },
    async openSigned(id, query) {
      const file = signer.verify(id, query);
      return file && open(file);
    },
    async openOwn(url) {
      const file = signer.verifyUrl(url);
      return file && open(file);
    },
  };
}
