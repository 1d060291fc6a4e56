import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { client } from "./fixtures/clients.ts";
import { serve } from "./fixtures/servers.ts";

async function answered(answer: (response: ServerResponse) => void): Promise<Response> {
  const { origin } = await serve((_, response) => answer(response));
  return client().fetch(origin);
}
const answeredWith = (body: string | Buffer, headers: Record<string, string> = {}) =>
  answered((response) => response.writeHead(200, headers).end(body));

describe("an answer", () => {
  it.each([
    ["text", (response: Response) => response.text(), '{"好":1}'],
    ["JSON", (response: Response) => response.json(), { 好: 1 }],
    ["bytes", async (response: Response) => Buffer.from(await response.arrayBuffer()).toString(), '{"好":1}'],
    ["a blob", async (response: Response) => (await response.blob()).text(), '{"好":1}'],
    ["a stream", async (response: Response) => new Response(response.body).text(), '{"好":1}'],
  ])("is read as %s, once, as the standard has it", async (_what, read, expected) => {
    const response = await answeredWith('{"好":1}');

    expect([response instanceof Response, response.bodyUsed]).toEqual([true, false]);
    expect(await read(response)).toEqual(expected);
    expect(response.bodyUsed).toBe(true);
    await expect(response.text()).rejects.toBeInstanceOf(TypeError);
    await expect(response.blob()).rejects.toBeInstanceOf(TypeError);
  });

  it("is read as a form", async () => {
    const response = await answeredWith("a=1&b=2", { "content-type": "application/x-www-form-urlencoded" });

    expect([...(await response.formData())]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
  });

  it("is read from a copy and from itself", async () => {
    const response = await answeredWith("twice", { "x-kind": "copy" });

    const copy = response.clone();

    expect([copy.url, copy.headers.get("x-kind"), await copy.text()]).toEqual([response.url, "copy", "twice"]);
    expect(await response.text()).toBe("twice");
    expect(() => response.clone()).toThrow(TypeError);
  });

  it("leaves out a byte order mark, as fetch does", async () => {
    const response = await answeredWith("\uFEFF{}");

    expect(await response.json()).toEqual({});
  });

  it("is read whole although it is larger than what is taken ahead", async () => {
    const large = Buffer.alloc(3_000_000, "x");
    const response = await answeredWith(large);

    expect(Buffer.from(await response.arrayBuffer()).equals(large)).toBe(true);
  });

  it("fails for whoever reads it, also when it broke off before", async () => {
    const response = await answered((half) => {
      half.writeHead(200, { "content-length": "10" }).write("half");
      setTimeout(() => half.destroy(), 20);
    });
    await new Promise((resolve) => setTimeout(resolve, 60));

    await expect(response.text()).rejects.toMatchObject({ code: "http.connection-lost" });
  });

  it("lets go of the connection when its body is given up", async () => {
    let ended = () => {};
    const closed = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const response = await answered((endless) => {
      endless.on("close", ended);
      endless.write("first");
    });

    await response.body?.cancel();

    await closed;
  });
});
