import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { parseXml, XmlError, xmlText } from "./index.ts";

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("callback XML", () => {
  it("is read in any order, with and without CDATA", () => {
    expect(plain(parseXml("<xml><B>2</B><A><![CDATA[one]]></A></xml>"))).toEqual({ A: "one", B: "2" });
  });

  it("keeps every digit of a 64-bit id", () => {
    expect(xmlText(parseXml("<xml><MsgId>7023415566778899005</MsgId></xml>"), "MsgId")).toBe("7023415566778899005");
  });

  it("keeps white space inside CDATA and drops it around", () => {
    expect(xmlText(parseXml("<xml><Content>\n  <![CDATA[  hi \n]]>\n</Content></xml>"), "Content")).toBe("  hi \n");
  });

  it("keeps the white space of a text without CDATA", () => {
    expect(xmlText(parseXml("<xml><Content> hi </Content></xml>"), "Content")).toBe(" hi ");
  });

  it("takes markup inside CDATA as text", () => {
    const text = "<!DOCTYPE x><a>&lt;</a>]]";

    expect(xmlText(parseXml(`<xml><Content><![CDATA[${text}]]></Content></xml>`), "Content")).toBe(text);
  });

  it("joins CDATA sections, as they are split around their own end mark", () => {
    const fields = parseXml("<xml><Content><![CDATA[a]]]]><![CDATA[>b]]></Content></xml>");

    expect(xmlText(fields, "Content")).toBe("a]]>b");
  });

  it("knows the five entities of XML and numbers", () => {
    const fields = parseXml("<xml><a>&lt;&gt;&amp;&quot;&apos;&#20013;&#x1F600;&amp;lt;</a></xml>");

    expect(xmlText(fields, "a")).toBe("<>&\"'中😀&lt;");
  });

  it("gives lists for names that repeat, and objects for child elements", () => {
    const text = `<xml><SelectedItems><SelectedItem><QuestionKey>q1</QuestionKey><OptionIds><OptionId>a</OptionId>
      <OptionId>b</OptionId></OptionIds></SelectedItem></SelectedItems></xml>`;

    expect(plain(parseXml(text))).toEqual({
      SelectedItems: { SelectedItem: { QuestionKey: "q1", OptionIds: { OptionId: ["a", "b"] } } },
    });
  });

  it("skips the declaration, comments, attributes and empty elements", () => {
    const text = `\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<!-- a > b --><xml v='1>2'><A/><B x="/">b</B ><!-- c --></xml>\n`;

    expect(plain(parseXml(text))).toEqual({ A: "", B: "b" });
  });

  it("has no special names", () => {
    const fields = parseXml("<xml><__proto__>x</__proto__><constructor>y</constructor></xml>");

    expect([xmlText(fields, "__proto__"), xmlText(fields, "constructor")]).toEqual(["x", "y"]);
    expect(xmlText(fields, "toString")).toBeUndefined();
  });

  it.each([
    "",
    "   ",
    "text",
    "<",
    "<xml",
    "<xml>",
    "<xml><a></xml>",
    "<xml></a></xml>",
    "<xml></xmlx>",
    "<xml></xml",
    "<xml></xml><xml></xml>",
    "<xml></xml>tail",
    "<xml><a b='></xml>",
    "<xml><a <b></a></xml>",
    "<xml><![CDATA[</xml>",
    "<xml><!-- </xml>",
    "<xml><? </xml>",
    "<xml><1/></xml>",
    "<xml>&nbsp;</xml>",
    "<xml>a & b</xml>",
    "<xml>&#0;</xml>",
    "<xml>&#xD800;</xml>",
    "<xml>&#x110000;</xml>",
    "<!DOCTYPE xml><xml></xml>",
    "<xml><!ENTITY a 'b'></xml>",
    "<xml><!ELEMENT a></xml>",
    `${"<a>".repeat(17)}${"</a>".repeat(17)}`,
  ])("is refused: %j", (text) => {
    expect(() => parseXml(text)).toThrow(XmlError);
  });

  it("agrees with a general parser on the flat documents of the platform", () => {
    const oracle = new XMLParser({ parseTagValue: false, trimValues: false });
    const name = fc.stringMatching(/^[A-Z][A-Za-z]{0,8}$/);
    const value = fc.string({ unit: "grapheme-ascii" }).map((text) => text.replaceAll("]]>", ""));

    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value, fc.boolean()), { selector: ([n]) => n }), (elements) => {
        const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
        const content = elements.map(([n, v, raw]) => `<${n}>${raw ? `<![CDATA[${v}]]>` : escaped(v)}</${n}>`).join("");
        const expected = (oracle.parse(`<xml>${content}</xml>`) as { xml: unknown }).xml;
        expect(plain(parseXml(`<xml>${content}</xml>`))).toEqual(expected === "" ? {} : expected);
      }),
    );
  });

  it("gives fields or an XmlError for any text", () => {
    const piece = fc.constantFrom(
      "<",
      ">",
      "</",
      "/>",
      "xml",
      "a",
      " ",
      "<![CDATA[",
      "]]>",
      "<!--",
      "-->",
      "&",
      "&#",
      ";",
      '"',
    );

    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        try {
          parseXml(pieces.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError);
        }
      }),
    );
  });

  it.each([
    ["openings", "<a>".repeat(20_000)],
    ["comments", `<xml>${"<!---->".repeat(100_000)}</xml>`],
    ["ampersands", `<xml>${"&".repeat(700_000)}</xml>`],
    ["spaces in a tag", `<xml${" ".repeat(700_000)}`],
    ["spaces before the root", " ".repeat(700_000)],
    ["siblings", `<xml>${"<a></a>".repeat(100_000)}</xml>`],
    ["CDATA openings", `<xml>${"<![CDATA[".repeat(80_000)}`],
    ["quotes", `<xml ${`"'`.repeat(350_000)}`],
  ])("takes no more than linear time for 700 KB of %s", (_name, text) => {
    const start = performance.now();
    try {
      parseXml(text);
    } catch (error) {
      expect(error).toBeInstanceOf(XmlError);
    }

    expect(performance.now() - start).toBeLessThan(500);
  });
});
