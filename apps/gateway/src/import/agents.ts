import type { Draft } from "./draft.ts";
import { isObject, type Section, sectionOf } from "./section.ts";

const PORT = 18_789;

/** The agents of the old gateway go on answering, over its HTTP interface; `needed`: named by jobs. */
export function importAgents(draft: Draft, root: Section, needed: readonly string[]): void {
  const gateway = root.section("gateway");
  const port = gateway?.number("port") ?? PORT;
  const token = gateway?.section("auth")?.text("token");
  const bound = bindingsOf(root).map(({ agentId }) => agentId);
  const listed = listOf(root.section("agents")?.raw("list")).map((agent) => sectionOf("agents.list", agent).text("id"));
  const ids = [...new Set([...listed, ...bound, ...needed].filter((id) => id !== undefined && id !== ""))];
  for (const agentId of ids.length === 0 ? ["main"] : ids) {
    draft.agents.set(agentId as string, {
      type: "openclaw",
      baseUrl: `http://127.0.0.1:${port}`,
      ...(token === undefined ? {} : { token }),
      agentId,
    });
  }
  draft.notes.push(
    `the agents stay where they are: OpenClaw goes on running on port ${port} and wxgate asks it; switch its chat completions endpoint on (gateway.http.endpoints.chatCompletions.enabled), and its WeChat channels off`,
  );
}

/** First match wins, as there. */
export function importBindings(draft: Draft, root: Section): void {
  for (const { agentId: agent, match } of bindingsOf(root)) {
    const channel = match.text("channel") ?? "";
    const accountId = match.text("accountId");
    const peer = match.section("peer");
    const id = peer?.text("id");
    const kind = peer?.text("kind");
    const who = id === undefined ? {} : kind === "group" || kind === "channel" ? { group: id } : { peer: id };
    const isWecom = channel === "wecom";
    const account = !isWecom && accountId !== undefined && accountId !== "*" ? { account: accountId } : {};
    const fitting = [...draft.channels].filter(
      ([, { origin }]) =>
        origin.channel === channel &&
        (!isWecom || accountId === undefined || accountId === "*" || origin.account === accountId),
    );
    for (const [target] of fitting) draft.bindings.push({ channel: target, ...account, ...who, agent });
    if (fitting.length === 0)
      draft.lost.push(
        `a binding of ${channel}${accountId === undefined ? "" : ` ${accountId}`} to ${agent}: no such channel was taken over`,
      );
    draft.lost.push(...match.rest());
  }
  const unbound = [...draft.channels]
    .filter(([id]) => !draft.bindings.some(({ channel }) => channel === id))
    .map(([id]) => id);
  const wecom = unbound.filter((id) => draft.channels.get(id)?.origin.channel === "wecom");
  const accounts = new Set(
    [...draft.channels.values()].filter(({ origin }) => origin.channel === "wecom").map(({ origin }) => origin.account),
  );
  if (accounts.size > 1 && wecom.length > 0) {
    draft.notes.push(`${wecom.join(", ")}: without a binding nobody answered there; here defaultAgent does`);
  }
}

function bindingsOf(root: Section): readonly { readonly agentId: string; readonly match: Section }[] {
  return listOf(root.raw("bindings")).flatMap((binding) => {
    const { agentId, match } = binding;
    return typeof agentId === "string" ? [{ agentId, match: sectionOf("bindings.match", match) }] : [];
  });
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
