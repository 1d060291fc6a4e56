import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { AuthenticationError } from "@wxgate/core";

const TYPESCRIPT = [".ts", ".mts", ".cts"];

/**
 * The default export of a JavaScript or TypeScript file.
 *
 * A changed file is loaded anew, an unchanged one comes from Node's cache. What the file imports itself stays as it was
 * first loaded until the process starts again: Node gives no way to forget a module.
 *
 * @throws AuthenticationError that says what to do, when there is no such file or it does not load.
 */
export async function loadModule(label: string, path: string, baseDir = "."): Promise<unknown> {
  const failed = (problem: string, hint: string, cause: unknown) =>
    new AuthenticationError(`the module of ${label} ${problem}`, { code: "agent.module-not-loaded", hint, cause });

  const given = resolve(baseDir, path);
  const file = await realpath(given).catch((cause: unknown) => {
    throw failed(`is not there: ${given}`, "Check `path`; a relative one starts at the configuration file.", cause);
  });
  try {
    const url = pathToFileURL(file);
    url.searchParams.set(
      "content",
      createHash("sha256")
        .update(await readFile(file))
        .digest("hex")
        .slice(0, 16),
    );
    // A CommonJS file is kept by its name alone, whatever stands behind the question mark.
    delete createRequire(file).cache[file];
    const { default: exported } = (await import(/* @vite-ignore */ url.href)) as { default?: unknown };
    return exported;
  } catch (cause) {
    const { problem, hint } = explainLoading(file, cause);
    throw failed(problem, hint, cause);
  }
}

/** Why `import(file)` failed with `cause`, and what to do. */
export function explainLoading(file: string, cause: unknown): { readonly problem: string; readonly hint: string } {
  if (TYPESCRIPT.includes(extname(file)) && codeOf(cause) === "ERR_UNKNOWN_FILE_EXTENSION") {
    return {
      problem: `is TypeScript, which Node ${process.versions.node} does not run`,
      hint: "Use Node 22.18 or later, or compile the file to .mjs and name that.",
    };
  }
  const words = cause instanceof Error ? cause.message : String(cause);
  return { problem: `does not load: ${words}`, hint: `Try: node ${file}` };
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}
