import { setFlagsFromString } from "node:v8";

/**
 * V8 keeps a process that was idle before on a heap of 1.3 times of what lives in it: a few megabytes, so that under load a
 * full collection of 20 to 40 ms comes every few seconds. With room for as much again it comes a few times a minute.
 * What is new gets one megabyte, and slowly more: forty small collections a second, and much that has just become old when
 * it dies. With sixteen within the first second there are three. Little of it lives: sharing that out among threads takes
 * three times as long as the work itself.
 */
export function tuneHeap(): void {
  setFlagsFromString("--heap-growing-percent=100");
  setFlagsFromString("--semi-space-growth-factor=16");
  setFlagsFromString("--no-parallel-scavenge");
}
