import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Clock, Random } from "@wxgate/core";
import type { FastifyRequest } from "fastify";

export const SESSION_COOKIE = "wxgate_session";
export const SESSION_MS = 7 * 24 * 3_600_000;

type Actor = "api" | "console";

/** Who may use the admin server: the bearer of the token, or a browser that signed in with it. */
export interface Auth {
  /** Undefined: nobody we know. */
  actorOf(request: FastifyRequest): Actor | undefined;
  isToken(token: string): boolean;
  /** The value of a session cookie that ends in `SESSION_MS`. */
  newSession(): string;
}

export function createAuth(token: string, clock: Clock, random: Random): Auth {
  const expected = sha256(token);
  // Bound to the token: with a new one all sessions end.
  const key = createHash("sha256").update("wxgate session\0").update(token).digest();

  const isToken = (given: string) => timingSafeEqual(sha256(given), expected);
  const sign = (payload: string) => createHmac("sha256", key).update(payload).digest("base64url");

  function isSession(cookie: string): boolean {
    const cut = cookie.lastIndexOf(".");
    const payload = cookie.slice(0, Math.max(cut, 0));
    if (!timingSafeEqual(sha256(sign(payload)), sha256(cookie.slice(cut + 1)))) return false;
    return Number(payload.split(".")[0]) > clock.now();
  }

  return {
    isToken,
    actorOf(request) {
      const bearer = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
      if (bearer !== undefined) return isToken(bearer.trim()) ? "api" : undefined;
      const cookie = request.cookies[SESSION_COOKIE];
      if (cookie === undefined || !isSession(cookie) || isForeign(request)) return undefined;
      return "console";
    },
    newSession() {
      const payload = `${clock.now() + SESSION_MS}.${Buffer.from(random.bytes(12)).toString("base64url")}`;
      return `${payload}.${sign(payload)}`;
    },
  };
}

/** A change that another site's page asks for with our cookie; SameSite keeps it away already. */
function isForeign(request: FastifyRequest): boolean {
  if (request.method === "GET" || request.method === "HEAD") return false;
  const site = request.headers["sec-fetch-site"];
  if (typeof site === "string") return site !== "same-origin" && site !== "none";
  const { origin, host } = request.headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
