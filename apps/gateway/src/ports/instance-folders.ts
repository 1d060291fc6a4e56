import { mkdir } from "node:fs/promises";
import { join } from "node:path";

/** Types of agents that run on this machine and may work with files. */
const LOCAL: ReadonlySet<string> = new Set(["module", "acp"]);

/** A folder of its own (mode 0700) for each instance of a local agent, below `dataFolder`; it stays until it is removed by hand. */
export function createInstanceFolders(dataFolder: string, typeOf: (agent: string) => string | undefined) {
  return async (agent: string, instance: string): Promise<string | undefined> => {
    if (!LOCAL.has(typeOf(agent) ?? "")) return undefined;
    const folder = join(dataFolder, "agents", instance);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  };
}
