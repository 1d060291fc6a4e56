import { AuthenticationError, ProtocolError, RejectedError, TransientError } from "@wxgate/core";

/** The server asks for a new address: what is remembered must go. */
const STALE = new Set([-32001, -32002, -32003]);

export function isStaleServer(error: unknown): boolean {
  return error instanceof Error && "platformCode" in error && STALE.has(Number(error.platformCode));
}

/** @param secrets texts the server may echo and nobody may read */
export function rpcError(method: string, code: number, message: string, secrets: readonly string[]): Error {
  const words = `WeCom's server refused ${method}: ${hide(message, secrets)} (${code})`;
  const options = { code: "wecom-mcp.rpc", platformCode: code };
  if (code === -32003) return new AuthenticationError(words, options);
  if (STALE.has(code)) return new TransientError(words, options);
  return code === -32600 ? new ProtocolError(words, options) : new RejectedError(words, options);
}

export function httpError(method: string, status: number): Error {
  const words = `WeCom's server answered ${method} with HTTP ${status}`;
  const options = { code: "wecom-mcp.http", platformCode: status };
  return status >= 500 || status === 429 ? new TransientError(words, options) : new RejectedError(words, options);
}

export function timedOut(method: string, ms: number): Error {
  return new TransientError(`WeCom's server did not answer ${method} within ${ms / 1000} s`, {
    code: "wecom-mcp.timeout",
    sent: "unknown",
  });
}

export function unreachable(method: string): Error {
  // Without its cause: what a network library throws may hold the address, which is a credential.
  return new TransientError(`WeCom's server for ${method} cannot be reached`, {
    code: "wecom-mcp.unreachable",
    sent: "unknown",
  });
}

export function badAnswer(method: string, what: string): Error {
  return new ProtocolError(`WeCom's server answered ${method} with ${what}`, { code: "wecom-mcp.bad-answer" });
}

function hide(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => (secret === "" ? shown : shown.replaceAll(secret, "…")), text);
}
