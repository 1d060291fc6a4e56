import { defineConfig } from "vitest/config";

// Tests read the sources of our packages, so that no build stands between a change and its test. What must be
// tested as it is published (packed packages, the CLI) builds first and starts its own processes.
const conditions = ["@wxgate/source", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "apps/*/{src,test}/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // A shared CI machine stalls for seconds now and then; what fails three times in a row has failed.
    retry: process.env.CI === undefined ? 0 : 2,
    // Many tests wait: for a minute to pass, for a process to start. One more than a CI machine has cores.
    maxWorkers: 3,
    // A process of its own for each file would spend a sixth of the time on loading the same modules again.
    isolate: false,
    reporters: ["default"],
  },
});
