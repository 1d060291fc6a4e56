import { describe, expect, it } from "vitest";
import { parseFrame } from "./wire.ts";

const message = JSON.stringify({ cmd: "aibot_msg_callback", headers: { req_id: "r" }, body: { msgid: "m" } });

describe("a frame", () => {
  it.each([
    ["a byte order mark before it", `\uFEFF${message}`],
    ["a raw control byte inside a string", message.replace('"m"', '"\u0001m\r"')],
    ["fields that nobody knows", message.replace("{", '{"trace":[1],')],
  ])("with %s is read", (_what, text) => {
    expect(parseFrame(text)).toEqual({ kind: "message", reqId: "r", body: { msgid: "m" } });
  });

  it("keeps an escaped control byte", () => {
    expect(parseFrame(message.replace('"m"', '"\\u0001m"'))).toMatchObject({ body: { msgid: "\u0001m" } });
  });

  it.each([
    [{ headers: { req_id: "a" } }, 0],
    [{ headers: { req_id: "a" }, errcode: "846608", body: null }, 846608],
    [{ cmd: "pong", errcode: 40058, headers: { req_id: "a", more: {} } }, 40058],
  ])("%j acknowledges", (frame, errcode) => {
    expect(parseFrame(JSON.stringify(frame))).toEqual({
      kind: "ack",
      reqId: "a",
      ack: { errcode, errmsg: "", body: {} },
    });
  });

  it.each(["", "{", "[]", "null", "1", '"x"'])("that is %j is none", (text) => {
    expect(parseFrame(text)).toBeUndefined();
  });
});
