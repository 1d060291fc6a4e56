import { describe, expect, it } from "vitest";
import { parseOutboundContent } from "./check-content.ts";

describe("content that somebody else wrote", () => {
  it.each([
    { kind: "text", text: "hi" },
    { kind: "text", text: "**hi**", format: "markdown" },
    { kind: "image", url: "https://example.com/a.png" },
    { kind: "file", path: "./report.pdf", filename: "report.pdf" },
    { kind: "file", text: "a long answer", filename: "answer.md" },
    { kind: "link", title: "t", url: "https://example.com", image: { mediaId: "m1" } },
    { kind: "articles", items: [{ title: "t", url: "https://example.com" }] },
    { kind: "location", latitude: 23.1, longitude: 113.3, name: "Tower" },
    { kind: "miniprogram", appId: "wx1", path: "pages/a.html" },
    {
      kind: "menu",
      head: "Pick",
      items: [{ id: "1", text: "A" }, { url: "https://example.com", text: "B" }, { text: "C" }],
    },
    { kind: "card", card: { card_type: "text_notice" } },
    { kind: "handoff", operator: "zhangsan" },
    { kind: "native", payload: { msgtype: "text" } },
  ])("is taken when it is right: $kind", (content) => {
    expect(parseOutboundContent(content)).toEqual(content);
  });

  it("may name the picture of a link by its address alone", () => {
    const link = { kind: "link", title: "t", url: "https://example.com", image: "https://example.com/a.png" };

    expect(parseOutboundContent(link)).toEqual({ ...link, image: { url: "https://example.com/a.png" } });
  });

  it.each([
    [
      "a picture that is no address",
      { kind: "link", title: "t", url: "https://example.com", image: "a.png" },
      "content (link).image must be a URL with http:// or https://, or an object",
    ],
    ["a number", 5, "content must be an object, not a number"],
    ["null", null, "content must be an object, not null"],
    ["an unknown kind", { kind: "sing" }, "content.kind must be one of text, image"],
    ["a missing field", { kind: "text" }, "content (text).text must be a string, not missing"],
    [
      "an unknown field",
      { kind: "text", text: "x", colour: "red" },
      "content (text).colour is unknown; known: text, format",
    ],
    [
      "a wrong choice",
      { kind: "text", text: "x", format: "html" },
      "content (text).format must be one of markdown, plain",
    ],
    ["no source", { kind: "image" }, "content (image) needs exactly one of url, path, mediaId, text"],
    ["two sources", { kind: "image", url: "https://a", path: "b" }, "content (image) needs exactly one of"],
    ["a place off the earth", { kind: "location", latitude: 91, longitude: 0 }, "must be a number from -90 to 90"],
    ["an empty menu", { kind: "menu", items: [] }, "must be a list with at least one item"],
    [
      "a half mini program item",
      { kind: "menu", items: [{ appId: "wx1", text: "a" }] },
      "content (menu).items[0].path must be a string",
    ],
    ["a key of the prototype", { kind: "constructor" }, "content.kind must be one of"],
  ])("is refused with the field's name: %s", (_what, content, message) => {
    expect(() => parseOutboundContent(content)).toThrow(message);
  });
});
