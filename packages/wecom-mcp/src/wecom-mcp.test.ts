import { type JsonObject, RejectedError } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { createWecomMcp, type McpAccount, type WecomMcpHost } from "./index.ts";

const URL_WITH_KEY = "https://qyapi.weixin.qq.com/mcp/robot-doc?apikey=top-secret";
const CONTEXT = { account: "helper", userId: "zhangsan", chat: { id: "ZhangSan", kind: "direct" as const } };

interface Sent {
  readonly method: string;
  readonly params?: { readonly name?: string; readonly arguments?: JsonObject };
  readonly headers: Headers;
}
type Respond = (sent: Sent, id: string) => Response | undefined;

/** A host whose WeCom answers by `respond`, else "ok". */
function setup(respond: Respond = () => undefined) {
  const sent: Sent[] = [];
  const logged: string[] = [];
  const cards: unknown[] = [];
  let configs = 0;
  const account: McpAccount = {
    id: "helper",
    connection: {},
    async fetch(_url, init) {
      const { id, method, params } = JSON.parse(String(init?.body));
      const request = { method, params, headers: new Headers(init?.headers) };
      sent.push(request);
      return (
        respond(request, id) ?? (id === undefined ? new Response(null, { status: 204 }) : answer(id, { errcode: 0 }))
      );
    },
    async getConfig() {
      configs += 1;
      return { url: URL_WITH_KEY };
    },
    checkUrl: () => undefined,
    askForDocuments: async (...card) => void cards.push(card.slice(0, 2)),
    async readFile(path) {
      if (!path.startsWith("/allowed/"))
        throw new RejectedError(`${path} may not be read`, { code: "media.forbidden" });
      return { bytes: new TextEncoder().encode(`content of ${path}`), filename: path.slice("/allowed/".length) };
    },
  };
  const write = (fields: unknown, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log = { child: () => log, debug: write, info: write, warn: write, error: write };
  const host: WecomMcpHost = {
    accounts: () => [account],
    saveFile: async ({ filename }) => ({ path: `/kept/${filename}`, mime: "image/png" }),
    clock: {
      now: () => 0,
      sleep: (_ms, signal) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true })),
    },
    random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)), fraction: () => 0 },
    log,
    version: "1.2.3",
  };
  const wecom = createWecomMcp(host);
  const use = (input: Parameters<typeof wecom.use>[0], context: Parameters<typeof wecom.use>[1] = CONTEXT) =>
    wecom.use(input, context, new AbortController().signal);
  const call = (category: string, method: string, args: unknown = {}) =>
    use({ action: "call", category, method, args });
  const called = (name: string) =>
    sent.filter(({ params }) => params?.name === name).map(({ params }) => params?.arguments);
  return { use, call, sent, called, cards, logged, configs: () => configs };
}

function json(id: string, result: JsonObject, headers: Record<string, string> = {}): Response {
  return Response.json({ jsonrpc: "2.0", id, result }, { headers });
}
function answer(id: string, business: JsonObject): Response {
  return json(id, { content: [{ type: "text", text: JSON.stringify(business) }] });
}
function said(result: JsonObject): JsonObject {
  const [first] = result.content as unknown as { text: string }[];
  return JSON.parse(first?.text ?? "{}");
}

describe("wecom_mcp", () => {
  it("lists the methods of a category over all pages, their schemas cleaned", async () => {
    const wecom = setup(({ method, params }, id) => {
      if (method !== "tools/list") return undefined;
      if (params !== undefined) return json(id, { tools: [{ name: "two" }] });
      const inputSchema = {
        $schema: "x",
        type: "object",
        properties: { format: { const: 1 } },
        additionalProperties: false,
      };
      return json(id, { tools: [{ name: "one", inputSchema }], nextCursor: "p2" });
    });

    expect(await wecom.use({ action: "list", category: "doc" })).toEqual({
      category: "doc",
      count: 2,
      tools: [
        { name: "one", description: "", inputSchema: { type: "object", properties: { format: { enum: [1] } } } },
        { name: "two", description: "", inputSchema: { type: "object" } },
      ],
    });
  });

  it("shakes hands once for callers that come together", async () => {
    const wecom = setup();

    await Promise.all([wecom.call("contact", "get_userlist"), wecom.call("contact", "get_userlist")]);

    expect(wecom.sent.map(({ method }) => method).sort()).toEqual(["initialize", "tools/call", "tools/call"]);
    expect(wecom.configs()).toBe(1);
  });

  it("takes up a lost session once, and repeats the request", async () => {
    let sessions = 0;
    const wecom = setup(({ method, headers }, id) => {
      if (method === "initialize") {
        sessions += 1;
        return json(id, {}, { "mcp-session-id": `s${sessions}` });
      }
      return headers.get("mcp-session-id") === "s1" && method === "tools/call"
        ? new Response("", { status: 404 })
        : undefined;
    });

    expect(said(await wecom.call("contact", "get_userlist"))).toEqual({ errcode: 0 });
    expect(sessions).toBe(2);
  });

  it("finds its answer between other events", async () => {
    const wecom = setup((sent, id) => {
      if (sent.method !== "tools/call") return undefined;
      const message = JSON.stringify({
        jsonrpc: "2.0",
        id,
        result: { content: [{ type: "text", text: '{"errcode":0,"n":1}' }] },
      });
      const other = JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress" });
      return new Response(`: hi\r\n\r\ndata: ${other}\r\n\r\ndata: ${message}\r\n\r\ndata: ${other}\r\n\r\n`, {
        headers: { "content-type": "text/event-stream" },
      });
    });

    expect(said(await wecom.call("contact", "get_userlist"))).toEqual({ errcode: 0, n: 1 });
  });

  it("sends the verified user id, whatever the model writes", async () => {
    const wecom = setup();
    const input = {
      action: "call",
      category: "contact",
      method: "get_userlist",
      args: { userid: "ceo", "x-openclaw-wecom-userid": "ceo" },
    };

    await wecom.use(input);
    await wecom.use(input, {});

    const calls = wecom.sent.filter(({ method }) => method === "tools/call");
    expect(calls.map(({ headers }) => headers.get("x-openclaw-wecom-userid"))).toEqual(["zhangsan", null]);
  });

  it("shows the address, a credential, in no answer and no log", async () => {
    const wecom = setup((sent, id) =>
      sent.method === "tools/call"
        ? Response.json({ jsonrpc: "2.0", id, error: { code: -32603, message: `no: ${URL_WITH_KEY} top-secret` } })
        : undefined,
    );

    const refused = await wecom.call("doc", "create_doc");

    expect(refused).toMatchObject({ errcode: -32603 });
    expect(JSON.stringify(refused) + wecom.logged.join()).not.toContain("top-secret");
  });

  it.each([-32001, -32002, -32003])("asks for a new address after %i", async (code) => {
    const wecom = setup((sent, id) =>
      sent.method === "tools/call" ? Response.json({ jsonrpc: "2.0", id, error: { code, message: "x" } }) : undefined,
    );

    await wecom.call("doc", "create_doc");
    await wecom.call("doc", "create_doc");

    expect(wecom.configs()).toBe(2);
  });

  it.each([850001, 851014])("asks for a new address after errcode %i", async (errcode) => {
    const wecom = setup((sent, id) =>
      sent.method === "tools/call" ? answer(id, { errcode, errmsg: "x" }) : undefined,
    );

    await wecom.call("todo", "get_todo_list");
    await wecom.call("todo", "get_todo_list");

    expect(wecom.configs()).toBe(2);
  });

  it("shows a card when documents are not allowed, and keeps the server's help from the model", async () => {
    const wecom = setup((sent, id) =>
      sent.method === "tools/call"
        ? answer(id, { errcode: 851008, errmsg: "no", help_message: "http://secret" })
        : undefined,
    );

    const result = said(await wecom.call("doc", "create_doc"));

    expect(result).toMatchObject({ errcode: 851008, errmsg: "no", _biz_msg_sent: true });
    expect(result).not.toHaveProperty("help_message");
    expect(wecom.cards).toEqual([[CONTEXT.chat, "zhangsan"]]);
  });

  it("keeps the file of a chat and tells where", async () => {
    const item = { media_id: "m", name: "a.png", type: "image", base64_data: "AQID" };
    const wecom = setup((sent, id) =>
      sent.method === "tools/call" ? answer(id, { errcode: 0, media_item: item }) : undefined,
    );

    expect(said(await wecom.call("msg", "get_msg_media", { media_id: "m" }))).toEqual({
      errcode: 0,
      errmsg: "ok",
      media_item: {
        media_id: "m",
        name: "a.png",
        type: "image",
        local_path: "/kept/a.png",
        size: 3,
        content_type: "image/png",
      },
    });
  });

  it("fills pages with the text of allowed files, and refuses others", async () => {
    const wecom = setup();
    const page = (page_filepath: string) => ({ pages: [{ page_title: "t", page_filepath }] });

    await wecom.call("doc", "smartpage_create", page("/allowed/a.md"));
    const refused = await wecom.call("doc", "smartpage_create", page("/etc/passwd"));

    expect(wecom.called("smartpage_create")).toEqual([
      { pages: [{ page_title: "t", page_content: "content of /allowed/a.md" }] },
    ]);
    expect(refused).toEqual({ error: "/etc/passwd may not be read" });
  });

  it.each(["smartsheet_add_records", "smartsheet_update_records_auto_file"])(
    "uploads the files of %s as the same person",
    async (method) => {
      const wecom = setup(({ params }, id) => {
        if (params?.name === "upload_doc_image") return answer(id, { errcode: 0, url: "https://image" });
        return params?.name === "upload_doc_file" ? answer(id, { errcode: 0, file_id: "f1" }) : undefined;
      });
      const args = {
        docid: "d",
        records: [{ values: { P: [{ image_path: "/allowed/p.png" }], F: [{ file_path: "/allowed/f.pdf" }], N: 3 } }],
      };
      const before = structuredClone(args);

      await wecom.call("doc", method, args);

      expect(wecom.called(method)).toEqual([
        {
          docid: "d",
          records: [{ values: { P: [{ image_url: "https://image", title: "p.png" }], F: [{ file_id: "f1" }], N: 3 } }],
        },
      ]);
      expect(wecom.called("upload_doc_image")[0]).toMatchObject({ docid: "d" });
      expect(args).toEqual(before);
      const users = wecom.sent
        .filter(({ params }) => params?.name)
        .map(({ headers }) => headers.get("x-openclaw-wecom-userid"));
      expect(new Set(users)).toEqual(new Set(["zhangsan"]));
    },
  );

  it("keeps an exported page as a file", async () => {
    const wecom = setup((sent, id) =>
      sent.method === "tools/call"
        ? answer(id, { errcode: 0, errmsg: "ok", task_done: true, content: "# Hi" })
        : undefined,
    );

    const result = said(await wecom.call("doc", "smartpage_get_export_result", { task_id: "t" }));

    expect(result).toEqual({
      errcode: 0,
      errmsg: "ok",
      task_done: true,
      content_path: "/kept/smartpage.md",
      content_filepath: "/kept/smartpage.md",
    });
  });

  it("says in words what was asked wrongly", async () => {
    const wecom = setup();

    expect(
      [
        await wecom.use({ action: "dance", category: "doc" }),
        await wecom.use({ action: "call", category: "doc" }),
        await wecom.use({ action: "call", category: "doc", method: "x", args: "[1" }),
        await wecom.use({ action: "list", category: "mail" }),
      ].map(({ error }) => error),
    ).toEqual([
      expect.stringContaining("list and call"),
      expect.stringContaining("needs a method"),
      expect.stringContaining("JSON object"),
      expect.stringContaining("no category"),
    ]);
  });
});
