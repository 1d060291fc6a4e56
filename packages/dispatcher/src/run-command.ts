import type { ClaimedTurn, OutboundContent, Store } from "@wxgate/core";
import { type Command, HELP_TEXT } from "./commands.ts";

export interface RunCommandOptions {
  readonly store: Store;
  /** Aborts turns that run in this process. */
  stopTurns(turnIds: readonly string[]): void;
}

/** Does what a command says; the answer to show. */
export async function runCommand(
  command: Command,
  turn: ClaimedTurn,
  { store, stopTurns }: RunCommandOptions,
): Promise<readonly OutboundContent[]> {
  switch (command.name) {
    case "help":
      return plain(HELP_TEXT);
    case "stop": {
      const stopped = await store.cancelTurns(turn.lane);
      stopTurns(stopped);
      return plain(stopped.length > 0 ? "已停止。Stopped." : "现在没有正在进行的回答。Nothing is running.");
    }
    case "new": {
      stopTurns(await store.cancelTurns(turn.lane));
      await store.newSession(turn.lane);
      return plain("已开始新会话。A new session has begun.");
    }
    case "status":
      return plain(await statusText(turn, store));
    case "whoami": {
      const sender = turn.messages[0]?.message.sender;
      return plain(`${sender?.name === undefined ? "" : `${sender.name}\n`}${sender?.id ?? ""}`);
    }
    case "human":
      return [{ kind: "handoff" }];
    default:
      return command.name satisfies never;
  }
}

async function statusText(turn: ClaimedTurn, store: Store): Promise<string> {
  const [servedBy, quota] = await Promise.all([store.servedBy(turn.conversation), store.quota(turn.conversation)]);
  const waiting = quota.waiting === 0 ? "没有待发送的消息 nothing waits" : `待发送 waiting: ${quota.waiting}`;
  const server = servedBy === "human" ? "人工服务中 a person serves you" : "智能助手服务中 the assistant serves you";
  return `${server}\n${waiting}\n会话 session: ${turn.session}`;
}

function plain(text: string): readonly OutboundContent[] {
  return [{ kind: "text", text, format: "plain" }];
}
