import { isCallbackKey } from "@wxgate/wecom-crypto";
import { z } from "zod";

/** What a channel needs to be called back; each channel's schema spreads it. `page`: where the console shows Token and key. */
export function callbackConfigShape(page: string) {
  return {
    token: z
      .string()
      .regex(/^\S{1,64}$/, `must be the Token: letters and digits without spaces (${page})`)
      .describe(`The Token: ${page}.`),
    encodingAESKey: z
      .string()
      .trim()
      .refine(isCallbackKey, `must be the 43 characters of EncodingAESKey, without a trailing '=' (${page})`)
      .describe(`The EncodingAESKey, 43 characters: ${page}.`),
    callbackMaxSkewSeconds: z
      .number()
      .int()
      .refine((seconds) => seconds === 0 || seconds >= 600, "must be 0 (any) or at least 600: callbacks are repeated")
      .default(0)
      .describe(
        "How far the timestamp of a callback may be from now, in seconds; 0: any, else at least 600, since callbacks are repeated.",
      ),
  };
}
