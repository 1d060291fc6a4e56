import { createHmac } from "node:crypto";

const PREFIX = "whsec_";

/**
 * The headers of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`.
 *
 * A secret that begins with `whsec_` is base64 behind it. Any other is taken as it is written; since some libraries read
 * every secret as base64, one that can be read so signs in that way too, and a verifier takes whichever it knows.
 */
export function signWebhook(
  secret: string,
  { id, nowMs, body }: { readonly id: string; readonly nowMs: number; readonly body: string },
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signatures = keysOf(secret).map(
    (key) => `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`,
  );
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

function keysOf(secret: string): readonly Buffer[] {
  if (secret.startsWith(PREFIX)) return [Buffer.from(secret.slice(PREFIX.length), "base64")];
  const plain = Buffer.from(secret, "utf8");
  return isBase64(secret) ? [Buffer.from(secret, "base64"), plain] : [plain];
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}
