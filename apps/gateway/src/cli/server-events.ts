export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Reads the gateway's own server-sent events: one `event:` and one JSON `data:` line each. */
export async function* readServerEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = fieldOf(block, "event");
      const data = fieldOf(block, "data");
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) };
    }
  }
}

function fieldOf(block: string, name: string): string | undefined {
  const line = block.split("\n").find((candidate) => candidate.startsWith(`${name}: `));
  return line?.slice(name.length + 2);
}
