// Starts one server under test as a process of its own and asks it for its CPU time and memory.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** One of `servers/`. */
export async function startServer(file, args = [], env = {}) {
  const child = fork(fileURLToPath(new URL(`../servers/${file}`, import.meta.url)), args, {
    execArgv: ["--expose-gc"],
    env: { ...process.env, ...env },
  });
  const server = speakTo(child, file);
  const { port } = await Promise.race([server.receive(), server.failed]);
  return { port, ...server };
}

/** @returns {{ pid: number, cpu(): Promise<{ cpuMs: number }>, memory(): Promise<{ rssBytes: number, heapBytes: number }>, ask(message: object): Promise<any>, receive(): Promise<any>, failed: Promise<never>, stop(signal?: string): Promise<void> }} */
export function speakTo(child, name) {
  const waiting = [];
  const messages = [];
  child.on("message", (message) => (waiting.shift() ?? ((kept) => messages.push(kept)))(message));
  const receive = () =>
    messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const ask = (message) => {
    child.send(message);
    return receive();
  };
  return {
    pid: child.pid,
    receive,
    failed: ended.then((code) => {
      throw new Error(`${name} ended with ${code} before it listened`);
    }),
    ask,
    cpu: () => ask({ ask: "cpu" }),
    /** After a full collection of garbage. */
    memory: () => ask({ ask: "memory" }),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      await ended;
    },
  };
}
