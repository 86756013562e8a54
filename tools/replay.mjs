// SPDX-License-Identifier: MIT
/**
 * Replays recorded RMI calls against the simulator: `npm run --silent replay -- FILE.jsonl…`
 *
 * Exit status: 0 when every answer is the recorded one, 1 on any difference, 2 when a file cannot be replayed.
 */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { replay } from "./replay/engine.mjs";
import { BadRecording, parseLines } from "./replay/lines.mjs";
import { describe } from "./replay/report.mjs";
import { loadSimulator } from "./replay/simulator.mjs";

const USAGE = `usage: npm run --silent replay -- [--details] FILE.jsonl…

Plays the recorded RMI calls of each file (.jsonl or .jsonl.gz) and compares every answer.
  --details   compare TLB invalidations and zeroed granules too`;

const details = process.argv.includes("--details");
const files = process.argv.slice(2).filter((argument) => argument !== "--details");
if (files.length === 0 || files.some((file) => file.startsWith("-"))) {
  console.error(USAGE);
  process.exit(2);
}

const simulator = await loadSimulator().catch(() => {
  console.error("The library is not built yet: run `npm run build` first.");
  process.exit(2);
});

let status = 0;
for (const file of files) {
  try {
    const outcome = replay(simulator, parseLines(read(file)), { details });
    console.log(describe(file, outcome));
    if (outcome.differing > 0) status = Math.max(status, 1);
  } catch (error) {
    if (!(error instanceof BadRecording)) throw error;
    console.error(`${file} cannot be replayed: ${error.message}`);
    status = 2;
  }
}
process.exitCode = status;

/** @param {string} file */
function read(file) {
  try {
    const bytes = readFileSync(file);
    return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
    throw new BadRecording(`it cannot be read${code}.`);
  }
}
