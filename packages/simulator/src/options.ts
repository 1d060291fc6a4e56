import type { AppOptions, DirectoryOptions } from "./app/options.ts";
import type { BotOptions } from "./bot/options.ts";
import type { BotWebhookOptions } from "./bot-webhook/options.ts";
import type { CallbackOptions } from "./callbacks.ts";
import type { FaultSetting } from "./faults.ts";
import type { IlinkOptions } from "./ilink/options.ts";
import type { KfOptions } from "./kf/options.ts";

export interface SimulatorOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** The enterprises it holds; `DEFAULT_CORPS` when left out. */
  readonly corps?: readonly CorpOptions[];
  /** Personal bots (iLink); `DEFAULT_ILINK` when left out. */
  readonly ilink?: IlinkOptions;
  /** The time to start at; real time when left out. */
  readonly clock?: { readonly startAt?: Date | number };
  /** Faults that are set from the start; `DELETE /control/state` clears them. */
  readonly faults?: readonly FaultSetting[];
  readonly callbacks?: CallbackOptions;
  /** Entries the request log keeps; 10,000. 0 keeps none. */
  readonly logEntries?: number;
  /** Refused secrets from one address before gettoken answers 45009 for an hour; 20. */
  readonly wrongSecretsBeforeBan?: number;
  /** 0 ≤ n < 1, decides faults that have a probability; `Math.random`. */
  readonly random?: () => number;
}

export interface CorpOptions {
  readonly corpId: string;
  readonly name?: string;
  readonly kf?: KfOptions;
  /** Self-built apps. Two of one agent id are refused, also in two corps: it is the account in the control API. */
  readonly apps?: readonly AppOptions[];
  /** AI bots on a long connection. */
  readonly bots?: readonly BotOptions[];
  /** AI bots on callbacks. */
  readonly webhookBots?: readonly BotWebhookOptions[];
  /** Who can use the apps. */
  readonly directory?: DirectoryOptions;
}

/** Fixed values, so that a configuration can be written before the simulator starts. They open nothing else. */
export const DEFAULT_CORPS: readonly CorpOptions[] = [
  {
    corpId: "ww51a3c0ffee000001",
    name: "Simulated Corp",
    kf: {
      secret: "SimKfSecret0000000000000000000000000000001",
      token: "SimKfCallbackToken01",
      encodingAESKey: "SimKfEncodingAESKey00000000000000000000000w",
      accounts: [
        { openKfId: "wkSimAccount00000000000001", name: "Support 客服", servicers: ["zhangsan", "lisi"] },
        { openKfId: "wkSimAccount00000000000002", name: "Sales 销售", servicers: ["zhangsan"] },
      ],
    },
    apps: [
      {
        agentId: 1000002,
        name: "Helper 助手",
        secret: "SimAppSecret000000000000000000000000000001",
        token: "SimAppCallbackToken1",
        encodingAESKey: "SimAppEncodingAESKey0000000000000000000000w",
      },
    ],
    bots: [
      { botId: "aibSimBot0000000000000001", name: "Helper", secret: "SimBotSecret000000000000000000000000000001" },
    ],
    webhookBots: [
      {
        botId: "aibSimHook000000000000001",
        name: "Helper",
        token: "SimHookCallbackTok01",
        encodingAESKey: "SimHookEncodingAESKey000000000000000000000w",
      },
    ],
    directory: {
      members: [
        { userId: "zhangsan", name: "张三", parties: [1, 2], tags: [1] },
        { userId: "lisi", name: "李四", parties: [2] },
        { userId: "wangwu", name: "王五", licensed: false },
      ],
      parties: [{ id: 2, name: "Sales 销售" }],
      tags: [{ id: 1, name: "Ops" }],
    },
  },
];
