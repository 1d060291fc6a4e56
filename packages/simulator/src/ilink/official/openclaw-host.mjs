import { tmpdir } from "node:os";

/** Of the official client's host, only what its modules need when they are loaded and run. Everybody may write, nothing is hooked. */
export const resolvePreferredOpenClawTmpDir = () => process.env.OPENCLAW_STATE_DIR ?? tmpdir();
export const normalizeAccountId = (id) =>
  id
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
export const withFileLock = async (_path, _options, work) => work();
export const createTypingCallbacks = ({ start, stop }) => ({ start, stop });
export const resolveSenderCommandAuthorizationWithRuntime = async () => ({
  senderAllowedForCommands: true,
  commandAuthorized: true,
});
export const resolveDirectDmAuthorizationOutcome = () => "allowed";
export const getGlobalHookRunner = () => undefined;
export const fireAndForgetHook = () => {};
export const buildCanonicalSentMessageHookContext = () => ({});
export const toPluginMessageContext = () => ({});
export const toPluginMessageSentEvent = () => ({});
