// `pnpm start`: builds what changed, then runs the gateway in this terminal. Arguments go to `wxgate start`.
import { spawn, spawnSync } from "node:child_process";

const build = spawnSync("turbo", ["run", "build", "--filter=@wxgate/gateway", "--output-logs=errors-only"], {
  encoding: "utf8",
  shell: process.platform === "win32",
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
});
if (build.status !== 0) {
  console.error(build.error?.message ?? `${build.stdout}${build.stderr}`);
  process.exit(1);
}

const gateway = spawn(process.execPath, ["apps/gateway/bin/wxgate.js", "start", ...process.argv.slice(2)], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  // Ctrl-C reaches the gateway by itself; other senders reach only us.
  process.on(signal, () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) gateway.kill(signal);
  });
}
gateway.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
