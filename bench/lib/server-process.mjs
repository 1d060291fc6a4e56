// Starts one server under test as a process of its own and asks it for its CPU time and memory.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** @returns {Promise<{ port: number, cpu(): Promise<{ cpuMs: number }>, memory(): Promise<{ rssBytes: number, heapBytes: number }>, ask(message: object): Promise<any>, stop(): Promise<void> }>} */
export async function startServer(file, args = [], env = {}) {
  const child = fork(fileURLToPath(new URL(`../servers/${file}`, import.meta.url)), args, {
    execArgv: ["--expose-gc"],
    env: { ...process.env, ...env },
  });
  const waiting = [];
  const messages = [];
  child.on("message", (message) => (waiting.shift() ?? ((kept) => messages.push(kept)))(message));
  const receive = () =>
    messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve));
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const ask = async (message) => {
    child.send(message);
    return receive();
  };
  const { port } = await Promise.race([
    receive(),
    ended.then((code) => {
      throw new Error(`${file} ended with ${code} before it listened`);
    }),
  ]);
  return {
    port,
    ask,
    cpu: () => ask({ ask: "cpu" }),
    /** After a full collection of garbage. */
    memory: () => ask({ ask: "memory" }),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
