export { createBotTarget } from "./bot-target.ts";
export { parseWecomTarget, type WecomTarget } from "./target.ts";
