export { type Chunk, type ChunkOptions, chunkRanges, chunkText } from "./chunk-text.ts";
export { characterLength, type TextLimit, utf8Length } from "./measure.ts";
export { chunkMessages, joinMessages, mergeTexts, trimMessage } from "./message-texts.ts";
export { truncateText } from "./truncate-text.ts";
