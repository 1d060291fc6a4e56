import { readFileSync } from "node:fs";
import { packageFolder } from "./package-folder.ts";

/** The gateway's own version, from its package. */
export const version: string = (
  JSON.parse(readFileSync(new URL("package.json", packageFolder), "utf8")) as { version: string }
).version;
