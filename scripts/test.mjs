// Everything `pnpm test` does: format, lint, types, unused code, build, tests. Ends with "N passed, N failed".
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";

const REPORT = "node_modules/.cache/test-report.json";
const onlyTests = process.argv.includes("--only-tests");
const steps = onlyTests
  ? []
  : [
      ["format and lint", "biome", ["check", "--error-on-warnings", "."]],
      ["types", "tsc", ["-p", "tsconfig.json", "--noEmit"]],
      ["unused code", "knip", []],
      ["build", "turbo", ["run", "build", "--output-logs=errors-only"]],
      ["documents", process.execPath, ["docs/node_modules/vitepress/bin/vitepress.js", "build", "docs"]],
      ["packages as published", process.execPath, ["scripts/check-packages.mjs"]],
    ];

let failedSteps = 0;
for (const [name, command, args] of steps) {
  console.log(`\n— ${name}`);
  if (run(command, args) !== 0) {
    failedSteps += 1;
    console.log(`✗ ${name} failed`);
  }
}

console.log("\n— tests");
rmSync(REPORT, { force: true });
const status = run("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`]);
const report = existsSync(REPORT) ? JSON.parse(readFileSync(REPORT, "utf8")) : undefined;
const passedSteps = steps.length - failedSteps;
const passed = (report?.numPassedTests ?? 0) + passedSteps;
// A suite that could not be loaded counts: its tests never ran.
const brokenSuites = (report?.testResults ?? []).filter(
  (suite) => suite.status === "failed" && suite.assertionResults.length === 0,
).length;
const failed = (report?.numFailedTests ?? 0) + brokenSuites + failedSteps + (report === undefined ? 1 : 0);
const skipped = report?.numPendingTests ?? 0;
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = status !== 0 || failed > 0 ? 1 : 0;

function run(command, args) {
  const result = spawnSync(command, args, {
    stdio: "inherit",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
  });
  return result.status ?? 1;
}
