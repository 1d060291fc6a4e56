import type { Notices } from "../settings.ts";

/** The gateway says nothing by itself. */
export const NO_NOTICES: Notices = {
  failed: "",
  denied: "",
  commandDenied: "",
  pairing: "",
  paired: "",
  pairingRejected: "",
};
