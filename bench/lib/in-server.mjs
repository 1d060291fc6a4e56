// The server's half of server-process.mjs.
export function reportTo(parent, port, answers = {}) {
  parent.on("message", async (message) => parent.send(answer(message) ?? (await answers[message.ask](message)) ?? {}));
  parent.on("disconnect", () => process.exit(0));
  parent.send({ port });
}

/** What every process can be asked; undefined for anything else. */
export function answer({ ask }) {
  if (ask === "cpu") {
    const { user, system } = process.cpuUsage();
    return { cpuMs: (user + system) / 1000 };
  }
  if (ask !== "memory") return undefined;
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed };
}
