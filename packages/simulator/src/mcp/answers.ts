import type { JsonObject } from "../json.ts";

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** What the servers hold, by category: each method with what it answers when nobody set anything else. */
export const MCP_METHODS: Readonly<Record<string, Readonly<Record<string, JsonObject>>>> = {
  contact: {
    get_userlist: { userlist: [{ userid: "zhangsan", name: "张三", alias: "sam" }] },
  },
  msg: {
    get_msg_chat_list: { chats: [], has_more: false },
    get_message: { messages: [] },
    get_msg_media: { media_item: { media_id: "m1", name: "pixel.png", type: "image", base64_data: PIXEL } },
    send_message: {},
  },
  todo: { get_todo_list: { index_list: [], has_more: false }, create_todo: { todo_id: "todo-1" } },
  meeting: { create_meeting: { meetingid: "meeting-1", meeting_code: "123456789" }, cancel_meeting: {} },
  schedule: { create_schedule: { schedule_id: "schedule-1" }, cancel_schedule: {} },
  doc: {
    create_doc: { docid: "doc-1", url: "https://doc.weixin.qq.com/doc/doc-1" },
    upload_doc_image: { url: "https://wdcdn.qpic.cn/image-1", width: 1, height: 1, size: 70 },
    upload_doc_file: { fileid: "file-1" },
    smartsheet_add_records: { records: [] },
    smartsheet_add_records_auto_file: { records: [] },
    smartpage_create: { docid: "page-1", url: "https://doc.weixin.qq.com/smartpage/page-1" },
    smartpage_get_export_result: { task_done: true, content: "# Page" },
  },
};
