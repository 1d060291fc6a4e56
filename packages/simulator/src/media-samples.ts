import { crc32, deflateSync } from "node:zlib";

/** Small files of the right format, for messages whose sender gave none. */
export interface Sample {
  readonly data: Buffer;
  readonly mime: string;
  readonly filename: string;
}

export function sampleMedia(kind: "image" | "voice" | "video" | "file"): Sample {
  switch (kind) {
    case "image":
      return { data: colourPng(96, 64, [7, 193, 96]), mime: "image/png", filename: "picture.png" };
    case "voice":
      return { data: silentAmr(1), mime: "audio/amr", filename: "voice.amr" };
    case "video":
      return { data: emptyMp4(), mime: "video/mp4", filename: "video.mp4" };
    case "file":
      return { data: Buffer.from("A file from the simulator.\n"), mime: "text/plain", filename: "note.txt" };
  }
}

/** One fifth of a second of a 440 Hz tone, as WeChat's SILK. */
export function sampleSilk(): Sample {
  return { data: Buffer.from(SILK_TONE, "base64"), mime: "audio/silk", filename: "voice.silk" };
}

const AMR_FRAMES_PER_SECOND = 50;
/** A frame of type 15, "no data". */
const AMR_NO_DATA = 0x7c;

export function silentAmr(seconds: number): Buffer {
  return Buffer.concat([Buffer.from("#!AMR\n"), Buffer.alloc(seconds * AMR_FRAMES_PER_SECOND, AMR_NO_DATA)]);
}

function emptyMp4(): Buffer {
  const box = (type: string, body: Buffer) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + body.length);
    head.write(type, 4, "latin1");
    return Buffer.concat([head, body]);
  };
  return Buffer.concat([
    box("ftyp", Buffer.from("isom\0\0\x02\0isomiso2mp41", "latin1")),
    box("mdat", Buffer.alloc(64)),
  ]);
}

/** A PNG of one colour. */
export function colourPng(
  width: number,
  height: number,
  [red, green, blue]: readonly [number, number, number],
): Buffer {
  const row = Buffer.alloc(1 + width * 3);
  for (let x = 0; x < width; x += 1) row.set([red, green, blue], 1 + x * 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    pngChunk("IHDR", header),
    pngChunk("IDAT", pixels),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

const SILK_TONE =
  "AiMhU0lMS19WMzIAv8LGfYTJHW0sgtFJ2nAJpeJXJ6AupeNSDSli6w6M8cbeUwxTJDiHlPYa6J/qEeqhev9BALxEGAEIoO5yKnJTYGZb0hOtO0WZWILqwI/wrvVT51UeBduNit7NEpApxUSRvB42GDhQ8MrfPUzq+cCqp/qFZL8fWgC8RCBCvVzLi0hxP86kCztSIcIpboBw+jn9Jc2pmQLOLrqJfQul4OOgZTc6KMkQBhaRzHjgFrxF3xrXxf1CKymCxQP6d4+1eVIleQzVkpqlDM/nAkOeDD4CTE9QALxEIEK9XMuLSHCXuUJS0XRfSvfs6CDtBaP02thxYIFRZrHoiJDmqSU/hyzj8GyMQwv/kn7LysVeZXx6p+sX8TRXuMGnv6CjSKQPHbQjko8nSwC8RCBCmnfqzCfLWKEU7OtjZBSMjhDd8w5bTYhL/setf97JvWB5ezmddLlTkinWocwzGQlCyAB6S0XLAlx4rYj9geu+lwdKWVV94X8/ALxEIEO1oqW9JmaRR482pbfktLNvBl6sktcK1z4K9ZKCqZFQZ0k7Q0QyVgEaigRYTwJClC5B6PP1wW+iVeFF70QAvEQgQpp6Q0t615B6rizs54qezukb1XXRQwRmTCmKHpjnIc/n9P8A3Y9MrTh9xxldgdW6UwXrM0qv7Rjuozip8Itj719TALxEIEKaekNLetfHS6ec8vLsqEPD1tjCwbQBCYvmETZN5hFKONOW79RR9GS/s3wMDZpDB2lOmUIYZHAbL3VZUkD6TgJ1fEyJyeYkwgeBMOImQmI/LwC8RCBCnVzuhCZmq3m78jrH2Pl8GGhtvZ0afQNu9fNZOmv52ZP8v5ghr8voZOc64zEAvEQgQp1c7oQmZlyiq9+Q/zRdx3txKQGmnOzMFVzuk7LCnW9y0ZvuUvDNbbEtX9D3vw==";
