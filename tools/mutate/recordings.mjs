// SPDX-License-Identifier: MIT
// Replays the recordings against a build of the library: exit status 1 at a difference.
//   node tools/mutate/recordings.mjs BUILD
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { replay } from "../replay/engine.mjs";
import { parseLines } from "../replay/lines.mjs";
import { loadSimulator } from "../replay/simulator.mjs";

const build = pathToFileURL(`${path.resolve(process.argv[2] ?? "lib/dist")}/`);
const simulator = await loadSimulator(build);
for (const name of ["rmm-scripted", "rmm-random"]) {
  const file = new URL(`../../test/conformance/rmm/${name}.jsonl.gz`, import.meta.url);
  const lines = parseLines(gunzipSync(readFileSync(file)).toString("utf8"));
  if (replay(simulator, lines, { details: true }).differing > 0) process.exit(1);
}
