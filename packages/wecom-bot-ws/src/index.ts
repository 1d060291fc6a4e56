export type { BotApi, BotChat } from "./api.ts";
export { createWecomBotWsChannel, type WecomBotWsChannel } from "./channel.ts";
export { type CheckBotOptions, checkBotCredentials } from "./check-credentials.ts";
export { type WecomBotWsConfig, type WecomBotWsOptions, wecomBotWsConfigSchema } from "./config.ts";
export { wecomBotWsEnglish } from "./english.ts";
export { type BotSocket, type Connect, createWsConnect, type SocketEvents, type WsConnectOptions } from "./socket.ts";
