import type { QyapiCall } from "../qyapi/calls.ts";
import { QyapiError } from "../qyapi/errors.ts";
import type { App } from "./state.ts";

/** The app whose token a call carries. @throws QyapiError 48002 for a token of something else. */
export type FindApp = (call: QyapiCall) => App;

export function purposeOf(agentId: number): string {
  return `app:${agentId}`;
}

export function createFindApp(apps: readonly App[]): FindApp {
  return ({ corp, credential }) => {
    const app = apps.find((one) => one.corp === corp && purposeOf(one.options.agentId) === credential.purpose);
    if (app === undefined) throw new QyapiError(48002);
    return app;
  };
}
