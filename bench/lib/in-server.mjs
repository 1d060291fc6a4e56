// The server's half of server-process.mjs.
export function reportTo(parent, port, answers = {}) {
  parent.on("message", async (message) => {
    if (message.ask === "usage") {
      globalThis.gc?.();
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed } = process.memoryUsage();
      parent.send({ cpuMs: (user + system) / 1000, rssBytes: rss, heapBytes: heapUsed });
    } else parent.send(await answers[message.ask](message));
  });
  parent.on("disconnect", () => process.exit(0));
  parent.send({ port });
}
