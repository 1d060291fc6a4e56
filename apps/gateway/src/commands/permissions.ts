import { connect } from "../cli/admin-client.ts";
import type { Action } from "../cli/context.ts";

interface Request {
  readonly code: string;
  readonly agent: string;
  readonly conversation: { readonly channel: string };
  readonly sender: { readonly id: string; readonly name?: string };
  readonly action: string;
  readonly expiresAt: number;
}

/** What agents want to do and nobody has decided on. */
export const permissionsList: Action = async (context) => {
  const listed = await connect(context).get<{ readonly items: readonly Request[] }>("/api/permissions");
  if (listed.items.length === 0) context.say("No agent waits for a permission.");
  for (const { code, agent, conversation, sender, action, expiresAt } of listed.items) {
    const until = new Date(expiresAt).toISOString();
    context.say(`${code}  ${agent}, for ${sender.name ?? sender.id} on ${conversation.channel}, until ${until}`);
    // The whole of it: what is not seen must not be approved.
    for (const line of action.split("\n")) context.say(`    ${printable(line)}`);
  }
  context.emit(listed);
};

export const permissionsApprove: Action = async (context, [code = ""]) => {
  const request = await decide(context, code, "approve");
  context.say(`${request.agent} may do it, this once.`);
};

export const permissionsReject: Action = async (context, [code = ""]) => {
  const request = await decide(context, code, "reject");
  context.say(`${request.agent} may not do it.`);
};

/** An agent's words must not move the cursor or turn the writing round: they would hide what is asked. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, "\u{FFFD}");
}

async function decide(context: Parameters<Action>[0], code: string, verb: "approve" | "reject"): Promise<Request> {
  const request = await connect(context).post<Request>(`/api/permissions/${encodeURIComponent(code)}/${verb}`);
  context.emit(request);
  return request;
}
