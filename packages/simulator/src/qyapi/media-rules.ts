import type { MediaKind } from "../media-store.ts";
import { QyapiError } from "./errors.ts";

const MB = 1024 * 1024;

/** Largest upload by type, in bytes. */
export const UPLOAD_LIMITS: Readonly<Record<MediaKind, number>> = {
  image: 10 * MB,
  voice: 2 * MB,
  video: 10 * MB,
  file: 20 * MB,
};

/** Largest file a customer's message may carry, in bytes; more and only a text notice arrives. */
export const INBOUND_LIMITS: Readonly<Record<MediaKind, number>> = {
  image: 2 * MB,
  voice: 2 * MB,
  video: 10 * MB,
  file: 20 * MB,
};

const TOO_LARGE: Readonly<Record<MediaKind, number>> = { image: 40009, voice: 40006, video: 40011, file: 40006 };
const LONGEST_VOICE_SECONDS = 60;

export function isMediaKind(value: unknown): value is MediaKind {
  return value === "image" || value === "voice" || value === "video" || value === "file";
}

/** @throws QyapiError when the platform would refuse this upload. */
export function checkUpload(kind: MediaKind, data: Buffer): void {
  if (data.length === 0) throw new QyapiError(44001);
  if (data.length <= 5) throw new QyapiError(40006, "invalid media size: must be larger than 5 bytes");
  if (data.length > UPLOAD_LIMITS[kind]) throw new QyapiError(TOO_LARGE[kind]);
  if (!hasFormat(kind, data)) throw new QyapiError(40004, `invalid media type: ${WANTED[kind]}`);
  if (kind === "voice" && amrSeconds(data) > LONGEST_VOICE_SECONDS) throw new QyapiError(45007);
}

const WANTED: Readonly<Record<MediaKind, string>> = {
  image: "image must be JPG or PNG",
  voice: "voice must be AMR",
  video: "video must be MP4",
  file: "any",
};

function hasFormat(kind: MediaKind, data: Buffer): boolean {
  const startsWith = (...bytes: readonly number[]) => bytes.every((byte, index) => data[index] === byte);
  switch (kind) {
    case "image":
      return startsWith(0xff, 0xd8, 0xff) || startsWith(0x89, 0x50, 0x4e, 0x47);
    case "voice":
      return data.toString("latin1", 0, 5) === "#!AMR";
    case "video":
      return data.toString("latin1", 4, 8) === "ftyp";
    case "file":
      return true;
  }
}

/** Bytes of one 20 ms frame after its header byte, by frame type; types 9 to 15 carry none. */
const AMR_FRAME_BYTES = [12, 13, 15, 17, 19, 20, 26, 31, 5] as const;

function amrSeconds(data: Buffer): number {
  let frames = 0;
  for (let position = 6; position < data.length; frames += 1) {
    const type = ((data[position] as number) >> 3) & 15;
    position += 1 + (AMR_FRAME_BYTES[type] ?? 0);
  }
  return frames / 50;
}
