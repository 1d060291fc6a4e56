export { parseWecomTarget, type WecomTarget } from "./target.ts";
