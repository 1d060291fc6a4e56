import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readSkills } from "./skills.ts";

/** What WeCom serves, by category. */
const METHODS = {
  contact: ["get_userlist"],
  msg: ["get_msg_chat_list", "get_message", "get_msg_media", "send_message"],
  todo: ["get_todo_list", "get_todo_detail", "create_todo", "update_todo", "delete_todo", "change_todo_user_status"],
  meeting: ["create_meeting", "list_user_meetings", "get_meeting_info", "cancel_meeting", "set_invite_meeting_members"],
  schedule: [
    "get_schedule_list_by_range",
    "get_schedule_detail",
    "create_schedule",
    "update_schedule",
    "cancel_schedule",
    "add_schedule_attendees",
    "del_schedule_attendees",
    "check_availability",
  ],
  doc: [
    "create_doc",
    "get_doc_content",
    "edit_doc_content",
    "sheet_get_info",
    "sheet_update_range_data",
    "sheet_append_data",
    "sheet_add_sub",
    "sheet_delete_sub",
    "smartsheet_get_sheet",
    "smartsheet_add_sheet",
    "smartsheet_update_sheet",
    "smartsheet_delete_sheet",
    "smartsheet_get_fields",
    "smartsheet_add_fields",
    "smartsheet_update_fields",
    "smartsheet_delete_fields",
    "smartsheet_get_records",
    "smartsheet_add_records",
    "smartsheet_update_records",
    "smartsheet_delete_records",
    "smartsheet_add_records_auto_file",
    "smartsheet_update_records_auto_file",
    "upload_doc_image",
    "upload_doc_file",
    "smartpage_create",
    "smartpage_export_task",
    "smartpage_get_export_result",
  ],
};

describe("the skills", () => {
  it("are fifteen", () => {
    expect(readSkills()).toHaveLength(15);
  });

  it.each(Object.entries(METHODS))("use every method of %s in a text that names the category", (category, methods) => {
    const texts = readSkills()
      .filter(({ text }) => text.includes(`\`${category}\``))
      .map(({ text }) => text);

    const unused = methods.filter((method) => !texts.some((text) => text.includes(`\`${method}\``)));

    expect(unused).toEqual([]);
  });

  it("whose head is wrong are named by their file", () => {
    const folder = mkdtempSync(join(tmpdir(), "skills-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "broken"));
    writeFileSync(join(folder, "broken", "SKILL.md"), "---\nname: other\ndescription: x\n---\ntext");

    expect(() => readSkills(folder)).toThrow(/broken.SKILL\.md says that it is "other"/);
  });
});
