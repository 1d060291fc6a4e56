import type { JsonObject } from "../json.ts";

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const DOC = "https://doc.weixin.qq.com";

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
  todo: {
    get_todo_list: { index_list: [], has_more: false },
    get_todo_detail: { data_list: [] },
    create_todo: { todo_id: "todo-1" },
    update_todo: {},
    delete_todo: {},
    change_todo_user_status: {},
  },
  meeting: {
    create_meeting: { meetingid: "meeting-1", meeting_code: "123456789" },
    list_user_meetings: { meetingid_list: [] },
    get_meeting_info: { meetingid: "meeting-1", title: "Meeting", status: 1 },
    cancel_meeting: {},
    set_invite_meeting_members: {},
  },
  schedule: {
    get_schedule_list_by_range: { schedule_id_list: [] },
    get_schedule_detail: { schedule: [] },
    create_schedule: { schedule_id: "schedule-1" },
    update_schedule: {},
    cancel_schedule: {},
    add_schedule_attendees: {},
    del_schedule_attendees: {},
    check_availability: { user_busy_list: [] },
  },
  doc: {
    create_doc: { docid: "doc-1", url: `${DOC}/doc/doc-1` },
    get_doc_content: { task_id: "task-1", task_done: true, content: "# Document" },
    edit_doc_content: {},
    sheet_get_info: { name: "Sheet", url: `${DOC}/sheet/doc-1`, sheets: [{ sheet_id: "sheet-1", title: "Sheet1" }] },
    sheet_update_range_data: { grid_data: {} },
    sheet_append_data: { row: {} },
    sheet_add_sub: {},
    sheet_delete_sub: {},
    smartsheet_get_sheet: { sheet_list: [{ sheet_id: "sheet-1", title: "Table" }] },
    smartsheet_add_sheet: { sheet_id: "sheet-2", title: "Table" },
    smartsheet_update_sheet: {},
    smartsheet_delete_sheet: {},
    smartsheet_get_fields: { fields: [] },
    smartsheet_add_fields: { fields: [] },
    smartsheet_update_fields: { fields: [] },
    smartsheet_delete_fields: {},
    smartsheet_get_records: { records: [], total: 0, has_more: false },
    smartsheet_add_records: { records: [] },
    smartsheet_update_records: { records: [] },
    smartsheet_delete_records: {},
    smartsheet_add_records_auto_file: { records: [] },
    smartsheet_update_records_auto_file: { records: [] },
    upload_doc_image: { url: "https://wdcdn.qpic.cn/image-1", width: 1, height: 1, size: 70 },
    upload_doc_file: { fileid: "file-1" },
    smartpage_create: { docid: "page-1", url: `${DOC}/smartpage/page-1` },
    smartpage_export_task: { task_id: "task-1" },
    smartpage_get_export_result: { task_done: true, content: "# Page" },
  },
};
