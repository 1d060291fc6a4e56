import { type Span, type SpanStatus, type Tracer, type TracerProvider, trace } from "@opentelemetry/api";
import type { Agent, AgentEvent, Channel, Turn } from "@wxgate/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseConfig } from "../config/load.ts";
import { createLogger, redactText } from "../ports/logger.ts";
import { registry } from "../registry.ts";
import { createEventHub } from "./event-hub.ts";
import { createLogBook } from "./log-book.ts";
import { openDoors } from "./open-doors.ts";
import { prettyLine } from "./pretty.ts";
import { secretsOf } from "./secrets.ts";
import { traceAgent, traceChannel } from "./traces.ts";

const load = (text: string) => parseConfig({ file: "wxgate.yaml", text, directory: "/", env: {} }, registry);
const KF = `{ type: kf, corpId: ww1, secret: kf-secret, token: tok, encodingAESKey: abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG }`;

describe("the log", () => {
  function openLog() {
    const lines: string[] = [];
    const book = createLogBook((line) => lines.push(line));
    return { book, lines, log: createLogger("debug", book) };
  }

  it("writes one JSON object per line, with the level in words and the time in ISO form", () => {
    const { lines, log } = openLog();

    log.child({ channel: "support" }).info({ accepted: 2 }, "messages accepted");

    const { time, ...entry } = JSON.parse(lines[0] ?? "{}");
    expect(entry).toEqual({ level: "info", channel: "support", accepted: 2, msg: "messages accepted" });
    expect(new Date(time).toISOString()).toBe(time);
  });

  it("blots out configured secrets wherever they turn up, quotes and all", () => {
    const { book, lines, log } = openLog();
    book.hide(['pa"ss"word', "pa", "long-secret"]);

    log.error({ err: new Error('refused pa"ss"word and long-secret') }, "failed");

    expect(lines[0]).not.toMatch(/pa\\"ss|long-secret/);
    expect(lines[0]).toContain("[redacted]");
  });

  it("blots out credentials by their key, also two levels down", () => {
    const { lines, log } = openLog();

    log.info({ token: "aaa1", config: { secret: "bbb2", inner: { apiKey: "ccc3" } } }, "oops");

    expect(lines[0]).not.toMatch(/aaa1|bbb2|ccc3/);
  });

  it("blots out what opens doors in an address", () => {
    expect(redactText("GET /cgi-bin/x?access_token=abc&corpsecret=def&id=7")).toBe(
      "GET /cgi-bin/x?access_token=[redacted]&corpsecret=[redacted]&id=7",
    );
  });

  it("hands new lines to those who follow, and the newest to those who come later", () => {
    const { book, log } = openLog();
    for (let index = 0; index < 600; index++) log.debug({ index }, "line");
    const followed: string[] = [];

    const stop = book.follow((line) => followed.push(line));
    log.info({}, "seen");
    stop();
    log.info({}, "not seen");

    expect(followed).toHaveLength(1);
    expect(book.recent()).toHaveLength(500);
    expect(book.recent().at(-1)).toContain("not seen");
  });
});

describe("secrets of a configuration", () => {
  it("are found by their keys, at any depth", async () => {
    const config = await load(`admin: { token: admin-token }
agents: { ops: { type: http, url: "http://127.0.0.1/x", secret: agent-secret, headers: { x-any: header-value } } }
channels: { support: ${KF.replace(" }", ", egressProxyUrl: 'http://u:p@proxy:1' }")} }
`);

    expect(secretsOf(config)).toEqual(
      expect.arrayContaining(["admin-token", "agent-secret", "header-value", "kf-secret", "tok", "http://u:p@proxy:1"]),
    );
  });
});

describe("open doors", () => {
  it("are none in a closed configuration", async () => {
    expect(openDoors(await load(`channels: { support: ${KF.replace(" }", ", dmPolicy: allowlist }")} }`))).toEqual([]);
  });

  it("are none where a WeChat bot drops what comes from groups", async () => {
    expect(openDoors(await load("channels: { me: { type: weixin-ilink } }"))).toEqual([]);
  });

  it.each([
    ["admin: { host: 0.0.0.0, token: a-long-enough-token }", /The admin server listens on 0\.0\.0\.0/],
    ["admin: { token: short }", /can be guessed/],
    ["log: { bodies: true }", /what people write is in the log/],
    [`channels: { support: ${KF} }`, /Everybody may write to support/],
    [
      `accessGroups: { all: ["*"] }\nchannels: { support: ${KF.replace(" }", ", dmPolicy: pairing, allowFrom: ['@all'] }")} }`,
      /Everybody may write to support: allowFrom holds "\*"/,
    ],
    [
      "channels: { helper: { type: wecom-bot-ws, botId: aib1, secret: a-secret, dmPolicy: pairing } }",
      /Members of every group may write to helper \(groupPolicy: open\), although dmPolicy is pairing/,
    ],
    [`channels: { support: ${KF.replace(" }", ", mediaLocalRoots: [/srv] }")} }`, /any file below \/srv/],
    [`channels: { support: ${KF.replace(" }", ", mediaLocalRoots: [/] }")} }`, /"\/" in mediaLocalRoots opens nothing/],
    [
      `channels: { support: ${KF.replace(" }", ", apiBaseUrl: 'http://api.example' }")} }`,
      /travel unencrypted to the platform/,
    ],
    [`server: { host: 127.0.0.1 }\nchannels: { support: ${KF} }`, /listens on 127\.0\.0\.1 only/],
  ])("are said in plain words: %s", async (text, words) => {
    expect(openDoors(await load(text)).join("\n")).toMatch(words);
  });
});

describe("live events", () => {
  it("resume after the last one that was seen", () => {
    const hub = createEventHub(() => 0);
    for (let index = 0; index < 250; index++) hub.publish({ kind: "delivery-sent", channel: "support", count: index });

    const resumed = hub.recent(248);

    expect(hub.recent()).toHaveLength(200);
    expect(resumed.map(({ sequence, count }) => [sequence, count])).toEqual([
      [249, 248],
      [250, 249],
    ]);
  });
});

describe("traces", () => {
  interface Seen {
    readonly name: string;
    status?: SpanStatus;
    ended: boolean;
  }
  function recordSpans(): Seen[] {
    const spans: Seen[] = [];
    const startSpan = (name: string) => {
      const seen: Seen = { name, ended: false };
      spans.push(seen);
      return {
        setStatus: (status: SpanStatus) => (seen.status = status),
        end: () => (seen.ended = true),
      } as unknown as Span;
    };
    const startActiveSpan = (name: string, _options: object, work: (span: Span) => unknown) => work(startSpan(name));
    const tracer = { startSpan, startActiveSpan } as unknown as Tracer;
    trace.setGlobalTracerProvider({ getTracer: () => tracer } as TracerProvider);
    onTestFinished(() => trace.disable());
    return spans;
  }
  const turn = { id: "trn_1", attempt: 1, conversation: { channel: "c", account: "a" } } as Turn;
  const signal = new AbortController().signal;

  it("hold one span per turn, ended when the agent has answered", async () => {
    const spans = recordSpans();
    const agent: Agent = {
      async *respond() {
        yield { kind: "text-delta", text: "hi" };
      },
    };

    const events: AgentEvent[] = [];
    for await (const event of traceAgent("echo", agent).respond(turn, signal)) events.push(event);

    expect(events).toEqual([{ kind: "text-delta", text: "hi" }]);
    expect(spans).toMatchObject([{ name: "turn", ended: true }]);
  });

  it("mark a send that failed, and let the error through", async () => {
    const spans = recordSpans();
    const channel = { id: "c", type: "t", send: async () => Promise.reject(new Error("no")) } as unknown as Channel;

    await expect(traceChannel(channel).send({ id: "d", attempt: 1 } as never, signal)).rejects.toThrow("no");

    expect(spans).toMatchObject([{ name: "deliver", ended: true, status: { code: 2 } }]);
  });
});

describe("a log line for people", () => {
  const line = JSON.stringify({
    level: "warn",
    time: "2026-11-20T10:00:01.000Z",
    channel: "support",
    msg: "failed",
    err: { message: "no", hint: "try" },
  });

  it("says when, how bad, what and where, then why and what to do", () => {
    expect(prettyLine(line, false)).toBe("10:00:01 WARN  failed  channel=support\n         no\n         try\n");
  });

  it("has colours only where they are shown", () => {
    expect(prettyLine(line, true)).toContain("\u001b[33mWARN \u001b[0m");
    expect(prettyLine(line, false)).not.toContain("\u001b");
  });
});
