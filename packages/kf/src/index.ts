export { createKfChannel } from "./channel.ts";
export { type Greeting, type KfConfig, type KfOptions, kfConfigSchema } from "./config.ts";
export { kfEnglish } from "./english.ts";
