import type { Action } from "../cli/context.ts";
import { CommandError, EXIT } from "../cli/exit-codes.ts";
import { untilStopped } from "../cli/until-stopped.ts";

/** Runs the simulated platforms alone and says, in one JSON line, where and with which accounts. */
export const simulate: Action = async (context, _args, options) => {
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new CommandError("--port takes a number from 0 to 65535", EXIT.usage);
  }
  // Loaded only here and in the demonstration: a gateway in earnest has no use for it.
  const { startSimulator } = await import("@wxgate/simulator");
  const simulator = await startSimulator({ port }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new CommandError(`port ${port} is in use; take another one with --port, or 0 for a free one`);
  });
  const line = JSON.stringify(simulator.describe());
  context.say(line);
  context.emit(simulator.describe());
  await untilStopped(() => simulator.close());
};
