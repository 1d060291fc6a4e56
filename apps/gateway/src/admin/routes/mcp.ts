import type { Routes } from "../types.ts";

/** The gateway's tools by the Model Context Protocol, streamable HTTP without sessions. */
export const mcpRoutes: Routes = (app, view) => {
  app.post("/mcp", { schema: { hide: true }, config: { audit: "mcp" } }, async (request, reply) => {
    const gone = new AbortController();
    reply.raw.on("close", () => gone.abort());
    const { method, headers, body } = request;
    request.audited = { subject: subjectOf(body) };
    // Loaded for the first client: most gateways have none, and the protocol's library is a large one.
    const { answerMcp } = await import("../../mcp/mcp-server.ts");
    const answer = await answerMcp(
      new Request("http://localhost/mcp", {
        method,
        headers: headersOf(headers),
        signal: gone.signal,
      }),
      body,
      { kind: "operator", name: `mcp:${request.actor ?? "api"}` },
      { version: view.version, toolbox: view.tools },
    );
    reply.code(answer.status);
    for (const [name, value] of answer.headers) reply.header(name, value);
    return reply.send(await answer.text());
  });

  // No stream of the server's own, and no session to end: the protocol's answer to both.
  for (const method of ["GET", "DELETE"] as const) {
    app.route({
      method,
      url: "/mcp",
      schema: { hide: true },
      config: { audit: "mcp" },
      handler: async (_request, reply) => reply.code(405).header("allow", "POST").send(""),
    });
  }
};

/** What the audit shows: the method and, of a call, the tool's name. */
function subjectOf(body: unknown): string {
  const { method, params } = (body ?? {}) as { method?: unknown; params?: { name?: unknown } };
  const name = params?.name;
  return [method, name]
    .filter((part) => typeof part === "string")
    .join(" ")
    .slice(0, 100);
}

function headersOf(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Headers {
  const wanted = ["accept", "content-type", "mcp-protocol-version", "mcp-session-id", "origin"];
  return new Headers(
    wanted.flatMap((name): [string, string][] => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}
