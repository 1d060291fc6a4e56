import { mkdir } from "node:fs/promises";
import type { MediaConverter } from "@wxgate/core";
import { createConverter, detectFfmpeg, loadSharp } from "@wxgate/media";

export interface LazyConverter extends MediaConverter {
  /** Resolves when it is known what can be converted here; looks for sharp and ffmpeg at the first call. */
  ready(): Promise<void>;
}

/** Nothing is loaded before the first file is sent: most gateways convert none for days. */
export function createLazyConverter(dir: string, path: string | undefined): LazyConverter {
  let found: MediaConverter | undefined;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const [images, ffmpeg] = await Promise.all([loadSharp(), detectFfmpeg({ env: { PATH: path } })]);
    found = createConverter({ dir, ...(images && { images }), ...(ffmpeg && { ffmpeg }) });
  }

  function ready(): Promise<void> {
    looking ??= look();
    return looking;
  }

  return {
    ready,
    can: (from, to) => found?.can(from, to) ?? false,
    async convert(job) {
      await ready();
      if (found === undefined) throw new Error("the converter was asked before it was ready");
      return found.convert(job);
    },
  };
}
