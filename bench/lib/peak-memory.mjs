// How much memory a process takes at its largest.
import { readFileSync, writeFileSync } from "node:fs";

/** MiB by which the process grew at its largest, beyond what it had before. */
export async function addedMib({ pid, memory }, work) {
  await memory();
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = peakMib(pid);
  await work();
  return peakMib(pid) - before;
}

const peakMib = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
