// Loaded into the gateway's process beside it: answers for its CPU time and memory.
import { answer } from "./in-server.mjs";

process.on("message", (message) => process.send(answer(message)));
process.channel?.unref();
