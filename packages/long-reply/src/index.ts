export { englishNotices, type Notices, noticesSchema } from "./notices.ts";
export { type Block, createPrepare, type LongReplyOptions, type MessageText, withNote } from "./prepare.ts";
