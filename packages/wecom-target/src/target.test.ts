import { RejectedError } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { parseWecomTarget, type WecomTarget } from "./index.ts";

const UNDERSTOOD: readonly (readonly [text: string, to: WecomTarget["to"], id: string])[] = [
  ["party:1", "party", "1"],
  ["PARTY:1", "party", "1"],
  ["wecom:party:1", "party", "1"],
  ["WeCom:party:1", "party", "1"],
  ["party: 12 ", "party", "12"],
  ["dept:5", "party", "5"],
  ["Dept:5", "party", "5"],
  ["tag:Ops", "tag", "Ops"],
  ["qywx:tag:Ops", "tag", "Ops"],
  ["tag:3", "tag", "3"],
  ["user:zhangsan", "user", "zhangsan"],
  ["wecom:user:zhangsan", "user", "zhangsan"],
  ["zhangsan", "user", "zhangsan"],
  [" zhangsan ", "user", "zhangsan"],
  ["wecom:zhangsan", "user", "zhangsan"],
  ["User:Zhang.San", "user", "Zhang.San"],
  ["user:1001", "user", "1001"],
  ["user:wr123", "user", "wr123"],
  ["user:a|b", "user", "a|b"],
  ["@all", "user", "@all"],
  ["user:@all", "user", "@all"],
  ["group:wr123abc", "chat", "wr123abc"],
  ["GROUP:wr123abc", "chat", "wr123abc"],
  ["wecom-agent:group:wr123abc", "chat", "wr123abc"],
  ["wecom:group: wr9 ", "chat", "wr9"],
  ["chat:wc456def", "chat", "wc456def"],
  ["wr123", "chat", "wr123"],
  ["WRabc", "chat", "WRabc"],
  ["wc456", "chat", "wc456"],
  ["wcZ", "chat", "wcZ"],
  ["wechatwork:wr123", "chat", "wr123"],
  ["1", "party", "1"],
  ["0012", "party", "0012"],
  ["wework:1", "party", "1"],
  ["1a", "user", "1a"],
  ["-1", "user", "-1"],
  ["1.5", "user", "1.5"],
  ["１２", "user", "１２"],
  ["1|2", "user", "1|2"],
  ["writer.li", "chat", "writer.li"],
  ["wcwang", "chat", "wcwang"],
  ["wrong_user", "chat", "wrong_user"],
  ["user:wrong_user", "user", "wrong_user"],
  ["wecom:wecom:zhangsan", "user", "zhangsan"],
  ["wecom: party:1", "party", "1"],
  ["chatid:wr1", "chat", "wr1"],
  ["party:1|2", "party", "1|2"],
  ["user:a|", "user", "a"],
  ["user:a||b", "user", "a|b"],
  ["user: a | b |a", "user", "a|b"],
  ["party:|1|", "party", "1"],
  ["tag:3||4", "tag", "3|4"],
  ["party:4294967295", "party", "4294967295"],
  ["user:zhang.san@corp_1-a", "user", "zhang.san@corp_1-a"],
  [`user:${"a".repeat(64)}`, "user", "a".repeat(64)],
];

const REFUSED: readonly (readonly [text: string, words: RegExp])[] = [
  ["", /names nobody/],
  ["   ", /names nobody/],
  ["party:", /names nobody/],
  ["user:", /names nobody/],
  ["wecom:", /names nobody/],
  ["party:abc", /whole number/],
  ["group:party:1", /prefix/],
  ["weixin:abc", /prefix/],
  ["user:|", /names nobody/],
  ["tag: | ", /names nobody/],
  ["user:a|@all", /@all, which stands alone/],
  ["@ALL", /is no userid/],
  ["user:zhang san", /is no userid: those have letters, digits and _ - @ \. only/],
  ["user:a,b", /several are joined by "\|"/],
  ["user:a\nb", /is no userid/],
  [`user:${"a".repeat(65)}`, /more than 64 bytes/],
  [`user:${"张".repeat(22)}`, /more than 64 bytes/],
  ["party:0", /not between 1 and 4294967295/],
  ["party:1|4294967296", /not between 1 and 4294967295/],
  ["12345678901234567890", /not between 1 and 4294967295/],
  ["tag:4294967296", /not between 0 and 4294967295/],
];

describe("a target", () => {
  it.each(UNDERSTOOD)("%j is a %s with the id %j", (text, to, id) => {
    expect(parseWecomTarget(text)).toEqual({ to, id });
  });

  it.each(REFUSED)("%j is refused, with the forms there are", (text, words) => {
    const parse = () => parseWecomTarget(text);

    expect(parse).toThrow(RejectedError);
    expect(parse).toThrow(words);
    expect(parse).toThrow(/user:zhangsan, party:12/);
  });

  it("is read in linear time however often a namespace is repeated", () => {
    const started = performance.now();

    parseWecomTarget(`${"wecom:".repeat(2_000)}zhangsan`);

    expect(performance.now() - started).toBeLessThan(500);
  });
});
