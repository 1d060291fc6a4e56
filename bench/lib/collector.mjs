import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The engine's collector of garbage: `collect()` collects all, `collect({ type: "minor" })` what is young. */
export function createCollector() {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
