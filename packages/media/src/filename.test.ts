import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filenameFromDisposition, safeFilename, withExtension } from "./index.ts";

describe("safe file names", () => {
  it.each([
    ["report.pdf", "report.pdf"],
    ["报告 2026.docx", "报告 2026.docx"],
    ["../../etc/passwd", "passwd"],
    ["..\\..\\windows\\system.ini", "system.ini"],
    ["/", "fallback.bin"],
    ["..", "fallback.bin"],
    [".bashrc", "bashrc"],
    ["a\u0000b\r\nc.txt", "abc.txt"],
    ["invoice\u202efdp.exe", "invoicefdp.exe"],
    ["a\u200bb\ufeff.txt", "ab.txt"],
    ['a<b>:"c|?*.txt', "a_b___c___.txt"],
    ["CON", "_CON"],
    ["aux.txt", "_aux.txt"],
    ["console.log", "console.log"],
    ["name. . ", "name"],
    ["   ", "fallback.bin"],
    ["folder/", "folder"],
    ["\ud800.txt", "\ufffd.txt"],
  ])("%j becomes %j", (name, safe) => {
    expect(safeFilename(name, "fallback.bin")).toBe(safe);
  });

  it("takes the fallback where there is no name", () => {
    expect(safeFilename(undefined, "voice.amr")).toBe("voice.amr");
  });

  it("shortens to 255 bytes at a whole character and keeps the extension", () => {
    const name = safeFilename(`${"报".repeat(200)}.docx`, "x");

    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(name).toMatch(/^报+\.docx$/);
    expect(safeFilename(`${"👨‍👩‍👧".repeat(40)}.png`, "x")).toMatch(/^(?:👨‍👩‍👧|👨👩👧)+\.png$/u);
  });

  it("is always one visible path component of at most 255 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 600 }), (name) => {
        const safe = safeFilename(name, "fallback.bin");

        expect(safe).not.toMatch(/[/\\\0\r\n\u202e]/);
        expect(["", ".", ".."]).not.toContain(safe);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255);
        expect(safeFilename(safe, "fallback.bin")).toBe(safe);
      }),
    );
  });

  it("is quick on a megabyte of anything", () => {
    const before = performance.now();
    for (const piece of ["a", "/", ".", " ", "报", "a.", "\u202e"])
      safeFilename(piece.repeat(1_000_000 / piece.length), "x");

    expect(performance.now() - before).toBeLessThan(2000);
  });

  it("changes extensions", () => {
    expect(withExtension("a.b.webp", "jpg")).toBe("a.b.jpg");
    expect(withExtension("voice", "amr")).toBe("voice.amr");
  });
});

describe("file name of a Content-Disposition header", () => {
  const raw = (text: string) => Buffer.from(text, "utf8").toString("latin1");

  it.each([
    ['attachment; filename="a.txt"', "a.txt"],
    ["attachment; filename=a.txt", "a.txt"],
    ["attachment;filename = a b.txt ;x=y", "a b.txt"],
    [`attachment; filename="${raw("报告.pdf")}"`, "报告.pdf"],
    ['attachment; filename="%E6%8A%A5%E5%91%8A.pdf"', "报告.pdf"],
    ['attachment; filename="100%.txt"', "100%.txt"],
    ['attachment; filename="%E6%8A.pdf"', "%E6%8A.pdf"],
    ["attachment; filename=\"x.pdf\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf", "报告.pdf"],
    ["attachment; filename*=utf-8'zh'%E6%8A%A5.pdf; filename=x.pdf", "报.pdf"],
    ["attachment; filename*=ISO-8859-1''caf%E9.txt", "café.txt"],
    ["attachment; filename*=UTF-8''%FF%FE; filename=x.pdf", "x.pdf"],
    ["attachment; filename*=broken; filename=x.pdf", "x.pdf"],
    ['attachment; filename="caf\xe9.txt"', "café.txt"],
    ['attachment; filename="a;b\\"c.txt"; size=3', 'a;b"c.txt'],
    ["ATTACHMENT; FILENAME=a.txt", "a.txt"],
    ["attachment", undefined],
    ['attachment; filename=""', undefined],
    [undefined, undefined],
    [null, undefined],
  ])("%j: %j", (header, name) => {
    expect(filenameFromDisposition(header)).toBe(name);
  });

  it("is quick on hostile headers", () => {
    const before = performance.now();
    for (const piece of [";", ";a", ';a="', "; filename=", '\\"', "%E6"])
      filenameFromDisposition(`a${piece.repeat(50_000)}`);

    expect(performance.now() - before).toBeLessThan(500);
  });
});
