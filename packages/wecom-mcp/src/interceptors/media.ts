import { businessAnswer, resultOf } from "../answer.ts";
import { objectIn, textIn } from "../json.ts";
import type { Interceptor } from "./interceptor.ts";

const LARGEST_BYTES = 20 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

/** A file of a chat is kept on the disk; megabytes of base64 are nothing for a model. */
export const media: Interceptor = {
  name: "media",
  matches: ({ method }) => method === "get_msg_media",
  before: async () => ({ timeoutMs: TIMEOUT_MS }),
  async after(result, { host, signal }) {
    const answer = businessAnswer(result);
    const item = objectIn(answer?.media_item);
    const data = textIn(item?.base64_data);
    if (answer?.errcode !== 0 || item === undefined || data === undefined) return result;
    const { media_id = null, type = null } = item;
    const bytes = Buffer.from(data, "base64");
    if (bytes.length > LARGEST_BYTES) {
      return resultOf({ errcode: -1, errmsg: `the file is larger than ${LARGEST_BYTES} bytes and was not kept` });
    }
    const name = textIn(item.name) ?? "file";
    const { path, mime, url } = await host.saveFile({ bytes, filename: name }, signal);
    return resultOf({
      errcode: 0,
      errmsg: "ok",
      media_item: {
        media_id,
        name,
        type,
        local_path: path,
        ...(url !== undefined && { url }),
        size: bytes.length,
        content_type: mime,
      },
    });
  },
};
