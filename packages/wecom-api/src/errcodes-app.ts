import { type ErrcodeTable, operator, wait } from "./errcode-rule.ts";

/** Three tries in a row are as many as the platform asks for; what is sent then waits for a calmer minute. */
const CALMER = { waitMs: 60_000 };

/** What the platform's numbers mean to a self-built app, where that is not what they mean everywhere. */
export const APP_ERRCODES: ErrcodeTable = {
  [-1]: wait("wecom.busy", "WeCom is busy; this is tried again in a minute.", CALMER),
  6000: wait("wecom.conflict", "Somebody keeps changing the same data; this is tried again in a minute.", CALMER),

  // One bad receiver, or groups alone: whom the app may write to is served all the same.
  60011: operator(
    "wecom.out-of-range",
    "The app has no right on this member or department; add them to its visible range in the WeCom admin console.",
    { scope: "conversation" },
  ),
  48002: operator(
    "wecom.groups-not-permitted",
    "The app may not use groups: its visible range must be the whole enterprise (the root department) in the WeCom admin console.",
    { scope: "conversation", under: "appchat/" },
  ),
};
