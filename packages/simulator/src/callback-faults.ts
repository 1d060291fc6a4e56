import type { FaultDefinition } from "./faults.ts";

/** What can happen to a callback on its way, on every channel that has callbacks. */
export const CALLBACK_FAULTS: readonly FaultDefinition[] = [
  { name: "callback.drop", summary: "The callback is never sent.", targets: "corp id or account" },
  {
    name: "callback.delay",
    summary: "The callback is sent later.",
    targets: "corp id or account",
    value: { type: "number", summary: "milliseconds of simulated time", default: 3000 },
  },
  {
    name: "callback.duplicate",
    summary: "The same envelope is sent again, at once.",
    targets: "corp id or account",
    value: { type: "number", summary: "how many more times", default: 1 },
  },
  {
    name: "callback.reorder",
    summary: "The callback waits until the next one for the same address was sent, at most 10 s.",
    targets: "corp id or account",
  },
  { name: "callback.bad-signature", summary: "One digit of msg_signature is wrong.", targets: "corp id or account" },
  { name: "callback.bad-padding", summary: "The padding bytes are zero.", targets: "corp id or account" },
  { name: "callback.bad-receiveid", summary: "The frame names another receiver.", targets: "corp id or account" },
  { name: "callback.bad-ciphertext", summary: "The ciphertext is cut off.", targets: "corp id or account" },
  {
    name: "callback.timeout-ms",
    summary: "The platform hangs up after this many milliseconds.",
    targets: "corp id or account",
    value: { type: "number", summary: "milliseconds of real time", default: 1800 },
  },
  {
    name: "callback.fresh-retry",
    summary: "A retry carries a new random prefix, timestamp and nonce instead of the same envelope.",
    targets: "corp id or account",
  },
];
