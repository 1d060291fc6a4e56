export { amrDurationMs } from "./amr.ts";
export { type Converted, type Converter, type ConverterOptions, type ConvertJob, createConverter } from "./convert.ts";
export { filenameFromDisposition } from "./disposition.ts";
export { MediaError, type MediaErrorCode } from "./errors.ts";
export { detectFfmpeg, type Ffmpeg, type FfmpegOptions, type RunFfmpeg, type RunOptions } from "./ffmpeg.ts";
export { safeFilename, withExtension } from "./filename.ts";
export {
  type CanConvert,
  type Fit,
  fileInstead,
  fitMedia,
  type KindRule,
  type MediaFacts,
  type MediaRules,
} from "./fit.ts";
export { type ImageConverter, type ImageJob, loadSharp } from "./image.ts";
export { type LocalFile, type LocalFileOptions, openLocalFile } from "./local-file.ts";
export { englishFileNotices, type FileNotices, fileNotices } from "./notices.ts";
export { prepareUpload, type Upload, type UploadOptions, type UploadSource } from "./prepare-upload.ts";
export { readPieces } from "./read-pieces.ts";
export { type Reason, withReason } from "./reason.ts";
export { release } from "./release.ts";
export { type DecodeSilkOptions, decodeSilk } from "./silk.ts";
export { type MediaKind, matchesKind, mimeOfFilename, SNIFF_BYTES, type Sniffed, sniff } from "./sniff.ts";
export {
  createMediaStore,
  type MediaStore,
  type MediaStoreOptions,
  type OpenedFile,
  type PutOptions,
  type StoredFile,
} from "./store.ts";
export { namedTooLarge, tooLarge } from "./too-large.ts";
