import { numberOf } from "../faults.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { optionalInteger, optionalText, type QyapiCall } from "../qyapi/calls.ts";
import { QyapiError } from "../qyapi/errors.ts";
import { decodeCursor, encodeCursor, type MessageTokens } from "./cursor.ts";
import type { FindAccount } from "./find.ts";
import { HORIZON_MS, type KfAccount } from "./state.ts";
import type { SyncEntry } from "./sync-log.ts";

const MAX_PAGE = 1000;
const MAX_CURSOR_BYTES = 64;
const TOKENLESS_INTERVAL_MS = 5000;

/** `kf/sync_msg`. */
export function createSync({ clock, faults }: PlatformTools, tokens: MessageTokens, findAccount: FindAccount) {
  function checkToken(account: KfAccount, token: string | undefined, targets: readonly string[]): void {
    const now = clock.now();
    if (token !== undefined) {
      const refused = faults.take("kf.sync.invalid-token", targets);
      if (refused || !tokens.isValid(token, account.openKfId, now)) throw new QyapiError(95007);
      return;
    }
    const interval = faults.take("kf.sync.tokenless-interval-ms", targets);
    if (now - account.lastTokenlessSyncAt < (interval ? numberOf(interval) : TOKENLESS_INTERVAL_MS)) {
      throw new QyapiError(45009);
    }
    account.lastTokenlessSyncAt = now;
  }

  function startOf(account: KfAccount, cursor: string | undefined): number {
    if (cursor === undefined) return account.log.oldest();
    const position = Buffer.byteLength(cursor) <= MAX_CURSOR_BYTES ? decodeCursor(account.openKfId, cursor) : undefined;
    if (position === undefined) throw new QyapiError(40058, "invalid parameter: cursor");
    return position;
  }

  function page(account: KfAccount, position: number, asked: number, targets: readonly string[]) {
    const cap = faults.take("kf.sync.page-cap", targets);
    const limit = cap ? Math.max(1, Math.min(asked, numberOf(cap))) : asked;
    const read = account.log.read(position, limit);
    const again = faults.take("kf.sync.duplicate-items", targets);
    const start = Math.max(account.log.oldest(), position - (again ? numberOf(again) : 0));
    const earlier = again && start < position ? account.log.read(start, position - start).entries : [];
    const entries = [...earlier, ...read.entries];
    if (faults.take("kf.sync.reverse", targets)) entries.reverse();
    return { entries, next: read.next, more: read.more };
  }

  return function syncMessages({ corp, body }: QyapiCall): JsonObject {
    const account = findAccount(corp, body);
    const targets = [corp.corpId, account.openKfId];
    const cursor = optionalText(body, "cursor");
    const asked = optionalInteger(body, "limit", 0, MAX_PAGE) || MAX_PAGE;
    const silk = optionalInteger(body, "voice_format", 0, 1) === 1;
    checkToken(account, optionalText(body, "token"), targets);
    account.log.dropBefore(clock.now() - HORIZON_MS);
    const position = startOf(account, cursor);

    if (faults.take("kf.sync.stuck-cursor", targets)) {
      return { next_cursor: cursor ?? encodeCursor(account.openKfId, position), has_more: 1, msg_list: [] };
    }
    if (faults.take("kf.sync.empty-page", targets)) {
      return { next_cursor: encodeCursor(account.openKfId, position), has_more: 1, msg_list: [] };
    }
    const { entries, next, more } = page(account, position, asked, targets);
    const unchanged = cursor !== undefined && next === position;
    const next_cursor = unchanged ? cursor : encodeCursor(account.openKfId, next);
    return {
      ...(faults.take("kf.sync.no-next-cursor", targets) ? {} : { next_cursor }),
      has_more: more ? 1 : 0,
      ...(entries.length === 0 && faults.take("kf.sync.no-list", targets)
        ? {}
        : { msg_list: entries.map((e) => wire(e, silk)) }),
    };
  };
}

function wire(entry: SyncEntry, silk: boolean): JsonObject {
  return silk && entry.silk ? entry.silk : entry.message;
}
