import type { Logger, Wake } from "@wxgate/core";

export interface Wakes {
  emit(wake: Wake): void;
  on(listener: (wake: Wake) => void): () => void;
}

export function createWakes(log: Logger): Wakes {
  const listeners = new Set<(wake: Wake) => void>();
  return {
    emit(wake) {
      for (const listener of listeners) {
        try {
          listener(wake);
        } catch (error) {
          log.error({ err: error, wake }, "a wake listener failed");
        }
      }
    },
    on(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
