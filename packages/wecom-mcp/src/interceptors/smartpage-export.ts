import { businessAnswer, resultOf } from "../answer.ts";
import type { Interceptor } from "./interceptor.ts";

/** An exported page is kept as a Markdown file. */
export const smartpageExport: Interceptor = {
  name: "smartpage-export",
  matches: ({ category, method }) => category === "doc" && method === "smartpage_get_export_result",
  async after(result, { host, signal }) {
    const answer = businessAnswer(result);
    const { errcode, errmsg = "ok", task_done, content } = answer ?? {};
    if (errcode !== 0 || task_done !== true || typeof content !== "string") return result;
    const file = { bytes: new TextEncoder().encode(content), filename: "smartpage.md" };
    const { path, url } = await host.saveFile(file, signal);
    return resultOf({
      errcode,
      errmsg,
      task_done,
      content_path: path,
      content_filepath: path,
      ...(url !== undefined && { url }),
    });
  },
};
