// SPDX-License-Identifier: MIT
// npm test: everything that must hold, cheapest first. Stops at the first step that does not hold.
//   npm test                 all of it
//   npm test -- test/rmm     only the tests below a folder (and the steps before them)
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const results = path.join(root, ".cache", "vitest.json");
const selected = process.argv.slice(2);

/** @type {readonly { title: string, module: string, args: readonly string[] }[]} */
const steps = [
  { title: "build the library", module: "typescript/bin/tsc", args: ["-p", "lib"] },
  { title: "type check tests and tools", module: "typescript/bin/tsc", args: ["-p", "tsconfig.json"] },
  { title: "type check the site", module: "typescript/bin/tsc", args: ["-p", "site"] },
  { title: "lint and format", module: "@biomejs/biome/bin/biome", args: ["ci", "."] },
  {
    title: "tests",
    module: "vitest/vitest.mjs",
    args: ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${results}`, ...selected],
  },
];

mkdirSync(path.dirname(results), { recursive: true });
for (const { title, module, args } of steps) {
  console.log(`\n== ${title}`);
  const run = spawnSync(process.execPath, [path.join(root, "node_modules", module), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (title === "tests") summarise();
  if (run.status !== 0) {
    console.error(`\nnpm test: "${title}" did not pass.`);
    process.exit(run.status ?? 1);
  }
}

/** The closing line that tells a reader, and a machine, how many tests ran. */
function summarise() {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(results, "utf8"));
  const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
  console.log(`\n${numPassedTests} passed, ${numFailedTests} failed${skipped}`);
}
