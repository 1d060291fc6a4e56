// A process that does nothing but import the modules named in the file given to it.
import { readFileSync } from "node:fs";
import { reportTo } from "../lib/in-server.mjs";

for (const url of readFileSync(process.argv[2], "utf8").trim().split("\n")) await import(url);
reportTo(process, 0);
process.on("SIGTERM", () => process.exit(0));
