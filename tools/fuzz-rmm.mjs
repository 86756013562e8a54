// SPDX-License-Identifier: MIT
// npm run fuzz:rmm: a million random calls to the firmware (the test run makes 50,000 of the same kind).
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const run = spawnSync(process.execPath, [vitest, "run", "test/rmm/fuzz.test.ts"], {
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  env: { ...process.env, FUZZ_CALLS: "1000000" },
  stdio: "inherit",
});
process.exit(run.status ?? 1);
