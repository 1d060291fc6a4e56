export { createBotTarget } from "./bot-target.ts";
export { memberKey } from "./person-key.ts";
export { parseWecomTarget, type WecomTarget } from "./target.ts";
