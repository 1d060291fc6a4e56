import { RejectedError } from "@wxgate/core";
import { createTestPorts } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { createOpenFile } from "./open-file.ts";

const REFUSED = new RejectedError("not allowed to call from your IP", {
  code: "wecom.ip-not-trusted",
  platformCode: 60020,
});
const PICTURE = "https://wework.qpic.cn/x/0";
const { signal } = new AbortController();

function start(answer: () => Response, api: () => Promise<never> = () => Promise.reject(REFUSED)) {
  const asked: string[] = [];
  const { ports } = createTestPorts({
    fetch: async (url) => {
      asked.push(String(url));
      return answer();
    },
  });
  return { asked, open: createOpenFile({ byApi: api, apiBaseUrl: "https://qyapi.example", ports }) };
}
const png = () => new Response("picture", { headers: { "content-type": "image/png" } });

describe("a picture that the API does not give", () => {
  it.each([PICTURE, "https://qyapi.example/pictures/1"])("is fetched by its public address %s", async (picUrl) => {
    const { asked, open } = start(png);

    const { mime, body } = await open({ mediaId: "M1", picUrl }, signal);

    let text = "";
    for await (const chunk of body) text += Buffer.from(chunk).toString();
    expect([asked, mime, text]).toEqual([[picUrl], "image/png", "picture"]);
  });

  it.each([
    "https://evil.example/1",
    "http://wework.qpic.cn/1",
    "https://wework.qpic.cn.evil.example/1",
    "nonsense",
    undefined,
  ])("is not looked for at %s", async (picUrl) => {
    const { asked, open } = start(png);

    await expect(open({ mediaId: "M1", ...(picUrl && { picUrl }) }, signal)).rejects.toBe(REFUSED);

    expect(asked).toEqual([]);
  });

  it.each([
    ["a redirect", () => Response.redirect("http://127.0.0.1/", 302)],
    ["no picture", () => Response.json({ errcode: 1 })],
    ["an error", () => new Response("gone", { status: 404, headers: { "content-type": "image/png" } })],
  ])("and whose address gives %s is told as the API told it", async (_what, answer) => {
    const { open } = start(answer);

    await expect(open({ mediaId: "M1", picUrl: PICTURE }, signal)).rejects.toBe(REFUSED);
  });
});
