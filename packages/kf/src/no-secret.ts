import type { WecomApi } from "@wxgate/wecom-api";
import { noSecret } from "./errors.ts";

/** The client of a channel whose secret is still to come: every call says so. */
export function apiWithoutSecret(channel: string): WecomApi {
  const refuse = async (): Promise<never> => {
    throw noSecret(channel);
  };
  return {
    get: refuse,
    post: refuse,
    uploadMedia: refuse,
    upload: refuse,
    downloadMedia: refuse,
    problem: () => undefined,
    forgetProblems: () => {},
  };
}
