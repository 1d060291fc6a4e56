// The thread of checkpoints.ts, in plain JavaScript since threads are started from files: each message asks for one checkpoint.
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

const { path, library } = workerData;
const loaded = createRequire(import.meta.url)(library);
const Database = loaded.DatabaseSync ?? loaded;
const database = new Database(path);
const checkpoint = database.prepare("pragma wal_checkpoint(passive)");

parentPort.on("message", (message) => {
  if (message === "close") {
    database.close();
    parentPort.close();
    return;
  }
  try {
    checkpoint.get();
    parentPort.postMessage({});
  } catch (error) {
    parentPort.postMessage({ error: error.message });
  }
});
