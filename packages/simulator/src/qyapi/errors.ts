/** A refusal as the platform words it: HTTP 200 with an errcode. */
export class QyapiError extends Error {
  readonly errcode: number;
  /** The caller's address as the platform claims to have seen it; the real one when left out. */
  readonly ip: string | undefined;
  constructor(errcode: number, errmsg: string = WORDS[errcode] ?? "error", ip?: string) {
    super(errmsg);
    this.name = "QyapiError";
    this.errcode = errcode;
    this.ip = ip;
  }
}

const WORDS: Readonly<Record<number, string>> = {
  [-1]: "system busy",
  40001: "invalid credential",
  40003: "invalid userid",
  40004: "invalid media type",
  40005: "invalid type",
  40006: "invalid media size",
  40007: "invalid media_id",
  40008: "invalid message type",
  40009: "invalid image size",
  40011: "invalid video size",
  40013: "invalid corpid",
  40014: "invalid access_token",
  40033: "invalid request parameter",
  40058: "invalid parameter",
  40091: "invalid secret: belongs to another corp",
  40096: "invalid external_userid",
  41001: "access_token missing",
  41002: "corpid missing",
  41004: "corpsecret missing",
  41006: "media_id missing",
  42001: "access_token expired",
  44001: "empty media data",
  44004: "empty content",
  45001: "media size out of limit",
  45002: "message content out of limit",
  45007: "voice play time out of limit",
  45009: "api freq out of limit",
  45033: "api concurrent out of limit",
  48002: "API forbidden",
  50003: "app disabled",
  60020: "not allow to access from your ip",
  60111: "userid not found",
  830002: "file too large, use Range",
  90207: "invalid appid",
  95000: "invalid open_kfid",
  95001: "send msg count limit",
  95002: "send msg time limit",
  95003: "customer count limit, corp not verified",
  95004: "open_kfid does not exist",
  95005: "kf account count limit",
  95006: "invalid kf account name",
  95007: "invalid msg token",
  95008: "menu item count limit",
  95009: "invalid menu item type",
  95011: "kf api disabled for this secret: standalone secret used in integrated mode",
  95012: "kf api disabled for this secret: integrated secret used in standalone mode",
  95013: "conversation end",
  95014: "servicer not exist",
  95016: "invalid session status transition",
  95017: "kf api switch off",
  95018: "send msg session status invalid",
  95019: "servicer not receiving",
  95023: "kf api granted to another app",
  95026: "kf account usage too low",
  95027: "kf account count limit, corp not verified",
  95030: "message type forbidden",
  95031: "customer did not consult within 48 hours",
  95032: "no permission for chat records",
};

/** The errmsg with the tail that real answers carry; receivers must decide on `errcode` alone. */
export function wordedErrmsg(errcode: number, errmsg: string, { hint, ip }: { hint: string; ip: string }): string {
  const tail = `from ip: ${ip}, more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`;
  return `${errmsg}, hint: [${hint}], ${tail}`;
}
