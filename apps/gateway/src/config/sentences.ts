import type { Notices } from "@wxgate/dispatcher";
import { z } from "zod";

export type Language = "zh" | "en";

/** What the gateway says by itself, unless the configuration has other words. */
export const SENTENCES: Readonly<Record<Language, Notices>> = {
  zh: {
    failed: "抱歉，暂时无法回答，请稍后再试。",
    denied: "",
    commandDenied: "抱歉，您无权使用此命令。",
    pairing: "您还未获得授权，请把配对码 {code} 发给管理员。Not paired yet: give the code {code} to the operator.",
    paired: "配对成功，现在可以开始对话了。You are paired and can write now.",
    pairingRejected: "抱歉，您的配对请求未获批准。Your request was not approved.",
  },
  en: {
    failed: "Sorry, there is no answer right now. Please try again later.",
    denied: "",
    commandDenied: "Sorry, you may not use this command.",
    pairing: "You are not paired yet. Give the code {code} to the operator.",
    paired: "You are paired and can write now.",
    pairingRejected: "Sorry, your request was not approved.",
  },
};

const words = (meaning: string) =>
  z.string().optional().describe(`${meaning} In the channel's language when absent; "" is not sent.`);

/** Keys of `dispatch.notices`, and of `notices` under a channel beside the channel's own. */
export const noticesShape = {
  failed: words("Said when the agent failed for good."),
  denied: z
    .string()
    .optional()
    .describe("Said to a person who may not write here, once a day; nothing is said when it is absent."),
  commandDenied: words("Said to a person who may not use this command."),
  pairing: words(
    "Said to a stranger under `dmPolicy: pairing`; {code} stands for the code the operator needs, {id} for their id.",
  ),
  paired: words("Said when the operator let this person in."),
  pairingRejected: words("Said when the operator did not let this person in."),
} as const;

type Given = { readonly [name in keyof Notices]?: string | undefined };

/** The channel's words over everybody's words over the language's. */
export function noticesOf(language: Language, ...given: readonly (Given | undefined)[]): Notices {
  const said = given.flatMap((notices) => Object.entries(notices ?? {}));
  const known = said.filter((entry): entry is [string, string] => entry[0] in SENTENCES.zh && entry[1] !== undefined);
  return { ...SENTENCES[language], ...Object.fromEntries(known) };
}
