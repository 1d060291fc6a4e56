// The same engine the store uses on this Node: built in from 22.13, libsql before.
export async function openSqlite(path) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 13)) {
    const { DatabaseSync } = await import("node:sqlite");
    return new DatabaseSync(path);
  }
  const { default: Database } = await import("libsql");
  return new Database(path);
}
