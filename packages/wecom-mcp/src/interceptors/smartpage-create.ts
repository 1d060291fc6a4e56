import { isObject, listIn, textIn } from "../json.ts";
import { createFileReader } from "./budget.ts";
import type { Interceptor } from "./interceptor.ts";

/** Pages that name a file get its text. */
export const smartpageCreate: Interceptor = {
  name: "smartpage-create",
  matches: ({ category, method }) => category === "doc" && method === "smartpage_create",
  async before(call) {
    const given = listIn(call.args.pages);
    if (!given.some((page) => isObject(page) && textIn(page.page_filepath) !== undefined)) return {};
    const read = createFileReader(call);
    const pages = [];
    for (const page of given) {
      const path = isObject(page) ? textIn(page.page_filepath) : undefined;
      if (!isObject(page) || path === undefined) {
        pages.push(page);
        continue;
      }
      const { page_filepath: _, ...rest } = page;
      pages.push({ ...rest, page_content: new TextDecoder().decode((await read(path)).bytes) });
    }
    return { args: { ...call.args, pages } };
  },
};
