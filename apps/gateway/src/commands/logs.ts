import { connect } from "../cli/admin-client.ts";
import type { Action } from "../cli/context.ts";
import { CommandError, EXIT } from "../cli/exit-codes.ts";
import { prettyLine } from "../observe/pretty.ts";

/** The running gateway's newest log lines; with --follow also those that come. */
export const logs: Action = async (context, _args, options) => {
  const client = connect(context);
  const show = (entry: unknown) => {
    context.say(prettyLine(JSON.stringify(entry), process.stdout.isTTY).trimEnd());
    context.emit(entry);
  };
  if (options.follow !== true) {
    const { items } = await client.get<{ items: readonly unknown[] }>("/api/logs");
    for (const entry of items) show(entry);
    return;
  }
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  try {
    for await (const { data } of client.events("GET", "/api/logs", stop.signal)) show(data);
  } catch (error) {
    if (stop.signal.aborted) return;
    throw error instanceof CommandError ? error : lost();
  }
  if (!stop.signal.aborted) throw lost();
};

function lost(): CommandError {
  return new CommandError("the gateway ended", EXIT.notRunning, { code: "not-running" });
}
