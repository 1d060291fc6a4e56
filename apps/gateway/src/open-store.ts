import type { Store } from "@wxgate/core";
import { openStore, reachStore, type StoreOptions } from "@wxgate/store";

/** PostgreSQL's own codes, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const CURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there; start PostgreSQL, or correct host and port in `store`",
  ENOTFOUND: "there is no such host; correct it in `store`",
  ETIMEDOUT: "nobody answers there; look at the host in `store` and at the firewall",
  "28P01": "user or password in `store` is wrong",
  "28000": "PostgreSQL lets this user not in from here; see pg_hba.conf",
  "3D000": "there is no such database; create it, or correct its name in `store`",
  "42501": "the user of `store` may not create tables there; make it the owner of the database",
};

/** `openStore`, with a database that cannot be reached said in words an operator can act on, without its password. */
export async function openConfiguredStore(url: string, options: StoreOptions): Promise<Store> {
  try {
    return await openStore(url, options);
  } catch (error) {
    throw inWords(url, error);
  }
}

/** Whether the database lets us in, said in the same words. */
export async function reachConfiguredStore(url: string): Promise<void> {
  try {
    await reachStore(url);
  } catch (error) {
    throw inWords(url, error);
  }
}

function inWords(url: string, error: unknown): unknown {
  const cure = CURES[String((error as { code?: unknown }).code)];
  if (!url.startsWith("postgres") || !URL.canParse(url) || cure === undefined) return error;
  const { host, pathname } = new URL(url);
  const { message } = error as Error;
  return new Error(`the store at ${host}${pathname} cannot be used: ${cure}${message === "" ? "" : ` (${message})`}`, {
    cause: error,
  });
}
