// SPDX-License-Identifier: MIT
// npm run verdicts: explores every race on every kernel and writes the page with the verdicts anew. With --check it
// writes nothing, and fails when the page is not what comes out.
import { readFileSync, writeFileSync } from "node:fs";
import { races, rules, singleCalls, srcuWait, variants, verdictTable } from "tsm-map-sim";
import { verdictPage } from "./reference/verdicts.mjs";

/** Pages of the ranges in the table of SRCU. */
const SIZES = [1, 16, 256, 4096];

const page = new URL("../docs/reference/verdicts.md", import.meta.url);
const verdicts = verdictTable(races, variants, ({ race, kernel, verdict, schedules }) => {
  process.stderr.write(`${race} on ${kernel}: ${verdict}, ${schedules} schedules\n`);
});
const waits = variants.map(({ name }) => ({
  kernel: name,
  waits: SIZES.map((pages) => srcuWait(pages, name)),
}));
const text = verdictPage({ verdicts, races, rules, calls: singleCalls, waits });
if (!process.argv.includes("--check")) writeFileSync(page, text);
else if (readFileSync(page, "utf8") !== text) {
  process.stderr.write(
    "docs/reference/verdicts.md is not what comes out now; npm run verdicts writes it anew\n",
  );
  process.exitCode = 1;
}
