import { connect } from "../cli/admin-client.ts";
import type { Action } from "../cli/context.ts";
import { table } from "../cli/table.ts";

interface Request {
  readonly code: string;
  readonly conversation: { readonly channel: string };
  readonly sender: Person;
  readonly expiresAt: number;
}
interface Person {
  readonly id: string;
  readonly name?: string;
}
interface Listed {
  readonly items: readonly Request[];
  readonly people: readonly (Person & { readonly channel: string; readonly since: number })[];
}
interface Decided {
  readonly request: Request;
  readonly told: boolean;
}

/** Who waits to be let in, and who was. */
export const pairingList: Action = async (context) => {
  const listed = await connect(context).get<Listed>("/api/pairing");
  const waiting = listed.items.map(({ code, conversation, sender, expiresAt }) => [
    code,
    conversation.channel,
    sender.id,
    sender.name ?? "",
    new Date(expiresAt).toISOString(),
  ]);
  if (waiting.length === 0) context.say("Nobody waits.");
  else for (const line of table(["CODE", "CHANNEL", "PERSON", "NAME", "UNTIL"], waiting)) context.say(line);
  const paired = listed.people.map(({ channel, id, name = "", since }) => [
    channel,
    id,
    name,
    new Date(since).toISOString(),
  ]);
  if (paired.length > 0) {
    context.say("");
    for (const line of table(["CHANNEL", "PAIRED", "NAME", "SINCE"], paired)) context.say(line);
  }
  context.emit(listed);
};

export const pairingApprove: Action = async (context, [code = ""]) => {
  const decided = await connect(context).post<Decided>(`/api/pairing/${encodeURIComponent(code)}/approve`);
  const { conversation, sender } = decided.request;
  context.say(`${nameOf(sender)} may write to ${conversation.channel} now${decided.told ? " and is told so" : ""}.`);
  context.emit(decided);
};

export const pairingReject: Action = async (context, [code = ""]) => {
  const decided = await connect(context).post<Decided>(`/api/pairing/${encodeURIComponent(code)}/reject`);
  const { conversation, sender } = decided.request;
  context.say(`${nameOf(sender)} may not write to ${conversation.channel} and gets no code for a day.`);
  context.emit(decided);
};

export const pairingRevoke: Action = async (context, [channel = "", id = ""]) => {
  const path = `/api/pairing/people/${encodeURIComponent(channel)}/${encodeURIComponent(id)}`;
  const revoked = await connect(context).delete(path);
  context.say(`${id} may not write to ${channel} any more.`);
  context.emit(revoked);
};

function nameOf({ id, name }: Person): string {
  return name === undefined ? id : `${name} (${id})`;
}
