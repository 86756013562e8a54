// SPDX-License-Identifier: MIT
// npm start. Only what a Node of any age can read: one that is too old shall say so, not fail at a word it does not know.
import { createRequire } from "node:module";

const { nodeVersionProblem } = createRequire(import.meta.url)("../kernel/node-version.cjs");
const problem = nodeVersionProblem(process.versions.node);
if (problem !== undefined) {
  console.error(problem);
  process.exitCode = 1;
} else {
  import("./start/command.mjs").then(({ runCommand }) => runCommand(process.argv.slice(2)));
}
