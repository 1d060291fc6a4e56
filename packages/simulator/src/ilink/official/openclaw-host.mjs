import { tmpdir } from "node:os";

/** Of the official client's host, only what its modules need when they are loaded. */
export const resolvePreferredOpenClawTmpDir = () => process.env.OPENCLAW_STATE_DIR ?? tmpdir();
export const normalizeAccountId = (id) =>
  id
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
export const withFileLock = async (_path, _options, work) => work();
