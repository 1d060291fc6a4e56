import { bizError } from "./biz-error.ts";
import { docAuth } from "./doc-auth.ts";
import type { Interceptor } from "./interceptor.ts";
import { media } from "./media.ts";
import { smartpageCreate } from "./smartpage-create.ts";
import { smartpageExport } from "./smartpage-export.ts";
import { smartsheetUpload } from "./smartsheet-upload.ts";

/** In the order in which they work on one call. */
export const interceptors: readonly Interceptor[] = [
  bizError,
  docAuth,
  media,
  smartpageCreate,
  smartpageExport,
  smartsheetUpload,
];
