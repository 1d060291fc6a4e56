import { ControlError } from "../control/errors.ts";
import type { Faults } from "../faults.ts";
import type { Member } from "./directory.ts";
import type { App } from "./state.ts";
import { problemOfUserId } from "./userids.ts";

/** Who stands behind the names of control requests. */
export interface People {
  /** Whoever writes or causes an event is added to the enterprise. */
  doing(app: App, userId: string): Member;
  /** Whoever only looks is not. */
  looking(app: App, userId: string): Member;
}

export function createPeople(faults: Faults): People {
  function check(app: App, userId: string): void {
    const anyCharacters = faults.take("app.userid.any-characters", [app.corp.corpId, app.account, userId]);
    const problem = problemOfUserId(userId, { anyCharacters: anyCharacters !== undefined });
    if (problem === undefined) return;
    throw new ControlError(
      400,
      `"${userId}" is no userid. ${problem}`,
      'A userid is like "zhangsan" or "li.si@corp-1".',
    );
  }

  return {
    doing(app, userId) {
      check(app, userId);
      return app.directory.findOrAdd(userId);
    },
    looking(app, userId) {
      check(app, userId);
      return app.directory.findOrStranger(userId);
    },
  };
}
