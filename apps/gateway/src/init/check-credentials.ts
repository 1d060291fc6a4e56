import type { Fetch } from "@wxgate/core";
import { DEFAULT_API_BASE_URL, SHARED_ERRCODES, toWecomError } from "@wxgate/wecom-api";

/** Asks WeCom for a token with these credentials. @throws ChannelError with cause and cure when it refuses. */
export async function checkCorpSecret(
  { corpId, secret, apiBaseUrl = DEFAULT_API_BASE_URL }: { corpId: string; secret: string; apiBaseUrl?: string },
  fetch: Fetch,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL("/cgi-bin/gettoken", apiBaseUrl);
  url.searchParams.set("corpid", corpId);
  url.searchParams.set("corpsecret", secret);
  const response = await fetch(url, { signal });
  const { errcode = 0, errmsg = "" } = (await response.json()) as { errcode?: number; errmsg?: string };
  if (errcode !== 0)
    throw toWecomError({ path: "gettoken", errcode, errmsg }, { tables: [SHARED_ERRCODES], secrets: [secret] });
}
