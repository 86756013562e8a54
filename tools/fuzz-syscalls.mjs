// SPDX-License-Identifier: MIT
// npm run fuzz:syscalls [-- --calls N --seed N]: random system calls against the built library, a million unless told.
import { parseArgs } from "node:util";
import { fuzzSyscalls } from "./fuzz/random-calls.mjs";

/** The built library, all of it. @type {typeof import("../lib/src/index.ts")} */
const sim = await import(new URL("../lib/dist/index.js", import.meta.url).href);
const { values } = parseArgs({ options: { calls: { type: "string" }, seed: { type: "string" } } });
const calls = Number(values.calls ?? 1_000_000);
const seed = Number(values.seed ?? 1);

let told = 0;
const report = fuzzSyscalls(sim, {
  seed,
  calls,
  progress: (done) => {
    if (done - told < 100_000) return;
    told = done;
    console.log(`${done} calls`);
  },
});
console.log(
  `${report.calls} calls on ${report.hosts} machines; ${report.killed} programs were killed by the kernel`,
);
for (const line of report.tally.lines((result) => (result < 0 ? sim.errnoName(result) : "success"))) {
  console.log(line);
}
for (const problem of report.problems) console.error(problem);
process.exitCode = report.problems.length === 0 ? 0 : 1;
