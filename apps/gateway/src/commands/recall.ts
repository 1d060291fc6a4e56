import { connect } from "../cli/admin-client.ts";
import type { Action } from "../cli/context.ts";

interface Recalled {
  readonly id: string;
  readonly state: "discarded" | "recalled";
}

/** Takes a message back by the id that `send` printed. */
export const recall: Action = async (context, [id = ""]) => {
  const recalled = await connect(context).post<Recalled>(`/api/deliveries/${encodeURIComponent(id)}/recall`);
  context.say(recalled.state === "discarded" ? `${id} waited and is never sent.` : `${id} is taken back.`);
  context.emit(recalled);
};
