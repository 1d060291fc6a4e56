import type { CallbackEndpoint } from "../callbacks.ts";
import { decodeAesKey } from "../crypto.ts";
import type { Corp } from "../qyapi/corps.ts";
import type { Directory, Member } from "./directory.ts";
import type { AppOptions } from "./options.ts";
import type { ShownItem } from "./shown.ts";

/** One self-built app and what the platform knows of it. */
export interface App {
  readonly corp: Corp;
  readonly directory: Directory;
  readonly options: AppOptions;
  /** Its id in the control API. */
  readonly account: string;
  readonly endpoint: CallbackEndpoint;
  /** Messages of the last day by msgid. */
  readonly sent: Map<string, SentMessage>;
  readonly codes: Map<string, ResponseCode>;
  /** Of the cards it has sent: a task id names one. */
  readonly taskIds: Set<string>;
  /** When a request with `enable_duplicate_check` was last taken, by its body. */
  readonly repeats: Map<string, { readonly at: number; readonly answer: SendAnswer }>;
  /** Times of what each member got, for the silent limits. */
  readonly received: Map<string, number[]>;
  readonly chats: Map<string, Chat>;
}

export interface SentMessage {
  readonly msgid: string;
  readonly at: number;
  /** One bubble per member: a card changes for each by itself. */
  readonly items: ReadonlyMap<Member, ShownItem>;
}

export interface ResponseCode {
  readonly message: SentMessage;
  /** Only this member's card; all when absent. */
  readonly member?: Member;
  readonly expiresAt: number;
}

export interface Chat {
  readonly chatId: string;
  name: string;
  owner: string;
  members: ReadonlySet<Member>;
  /** Clients show the group from its first message on. */
  readonly messages: ChatMessage[];
}

export interface ChatMessage {
  readonly item: ShownItem;
  /** For whom it was over a limit. */
  readonly missedBy: ReadonlySet<Member>;
}

export interface SendAnswer {
  readonly [key: string]: string;
}

export function createApp(corp: Corp, directory: Directory, options: AppOptions): App {
  const { token, encodingAESKey, agentId } = options;
  const account = String(agentId);
  return {
    corp,
    directory,
    options,
    account,
    endpoint: {
      keys: { token, encodingAESKey, receiveId: corp.corpId },
      aesKey: decodeAesKey(encodingAESKey),
      targets: [corp.corpId],
      url: options.callbackUrl,
      deliveries: [],
    },
    sent: new Map(),
    codes: new Map(),
    taskIds: new Set(),
    repeats: new Map(),
    received: new Map(),
    chats: new Map(),
  };
}

export function screenOf(app: App, member: Member): ShownItem[] {
  const { agentId } = app.options;
  const known = member.screens.get(agentId);
  if (known) return known;
  const screen: ShownItem[] = [];
  member.screens.set(agentId, screen);
  return screen;
}

/** What this member's phone shows of a group. */
export function chatScreenOf({ messages }: Chat, member: Member): ShownItem[] {
  return messages.map(({ item, missedBy }) =>
    missedBy.has(member) ? { ...item, state: "failed", dropped: "frequency" } : item,
  );
}

export function forgetAll(app: App): void {
  for (const kept of [app.sent, app.codes, app.taskIds, app.repeats, app.received, app.chats]) kept.clear();
  app.endpoint.deliveries.length = 0;
}
