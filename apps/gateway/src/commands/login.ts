import { createInterface } from "node:readline/promises";
import type { LoginEvent } from "@wxgate/core";
import { renderUnicodeCompact } from "uqr";
import { connect } from "../cli/admin-client.ts";
import type { Action, CommandContext } from "../cli/context.ts";
import { CommandError } from "../cli/exit-codes.ts";

/** Signs a channel's account in: shows the QR code here and asks for the code when the platform wants one. */
export const login: Action = async (context, [channel = ""]) => {
  const client = connect(context);
  const path = `/api/channels/${encodeURIComponent(channel)}/login`;
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());

  for await (const { data } of client.events("POST", path, stop.signal)) {
    const event = data as LoginEvent;
    context.emit(event);
    if (event.kind === "code-needed") await client.post(`${path}/code`, { code: await ask(event.prompt) });
    else if (tell(context, event) === "done") return;
  }
  throw new CommandError("the login ended without a result; try again");
};

function tell(context: CommandContext, event: Exclude<LoginEvent, { kind: "code-needed" }>): "done" | "goes on" {
  switch (event.kind) {
    case "qr":
      context.say(renderUnicodeCompact(event.content));
      context.say(`Scan it with WeChat. It is good until ${new Date(event.expiresAt).toLocaleTimeString()}.`);
      context.say(event.content);
      return "goes on";
    case "scanned":
      context.say("Scanned. Confirm on the phone.");
      return "goes on";
    case "expired":
      context.say("The QR code expired.");
      return "goes on";
    case "confirmed":
      context.say(`Signed in as ${event.name ?? event.account}.`);
      return "done";
    case "failed":
      throw new CommandError(event.hint === undefined ? event.reason : `${event.reason}\n${event.hint}`);
    default:
      return event satisfies never;
  }
}

async function ask(prompt: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(`${prompt} `);
  } finally {
    terminal.close();
  }
}
