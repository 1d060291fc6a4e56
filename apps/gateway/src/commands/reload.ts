import { connect } from "../cli/admin-client.ts";
import type { Action } from "../cli/context.ts";

interface Reloaded {
  readonly changed: readonly string[];
  readonly needsRestart: readonly string[];
}

/** Has the running gateway read its configuration again. */
export const reload: Action = async (context) => {
  const result = await connect(context).post<Reloaded>("/api/reload");
  const { changed, needsRestart } = result;
  context.say(changed.length === 0 ? "Nothing changed." : `Changed: ${changed.join(", ")}.`);
  if (needsRestart.length > 0) context.say(`Takes a restart: ${needsRestart.join(", ")}.`);
  context.emit(result);
};
