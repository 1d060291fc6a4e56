import { englishFileNotices } from "@wxgate/media";
import type { AgentXmlConfig } from "./config.ts";

/** The sentences members see from the channel itself, in English: options to be laid under one's own. */
export const agentXmlEnglish = {
  cardDone: "Done",
  notices: {
    asFile: "(Sent as a file: {reason})",
    ...englishFileNotices,
    noHuman: "(There is no human to talk to here.)",
    choose: "Please choose",
    submit: "Submit",
    miniprogram: "Mini program",
  },
} as const satisfies Pick<AgentXmlConfig, "cardDone" | "notices">;
