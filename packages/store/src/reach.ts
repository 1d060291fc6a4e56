const REACH_MS = 5_000;

/** Whether the store's server lets us in; nothing is read or changed there. A file needs no server. */
export async function reachStore(url: string): Promise<void> {
  if (!/^postgres(?:ql)?:\/\//.test(url)) return;
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: REACH_MS });
  try {
    await client.connect();
  } finally {
    await client.end();
  }
}
