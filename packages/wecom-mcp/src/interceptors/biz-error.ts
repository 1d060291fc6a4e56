import { businessAnswers, errcodeOf } from "../answer.ts";
import type { Interceptor } from "./interceptor.ts";

const ENDED = new Set([850001, 851014]);

/** An authorisation that ended makes the address useless. */
export const bizError: Interceptor = {
  name: "biz-error",
  matches: () => true,
  async after(result, call) {
    if (businessAnswers(result).some((answer) => ENDED.has(errcodeOf(answer) ?? 0))) call.forget();
    return result;
  },
};
