export { createWeixinIlinkChannel } from "./channel.ts";
export { checkIlinkPlatform } from "./check-platform.ts";
export { type IlinkConfig, type IlinkOptions, weixinIlinkConfigSchema } from "./config.ts";
export { weixinIlinkEnglish } from "./english.ts";
