// The server's half of server-process.mjs.
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function reportTo(parent, port, answers = {}) {
  parent.on("message", async (message) => {
    if (message.ask === "cpu") parent.send({ cpuMs: cpuMs() });
    else if (message.ask === "memory") {
      globalThis.gc?.();
      const { rss, heapUsed } = process.memoryUsage();
      parent.send({ rssBytes: rss, heapBytes: heapUsed });
    } else parent.send(await answers[message.ask](message));
  });
  parent.on("disconnect", () => process.exit(0));
  parent.send({ port });
}
