// SPDX-License-Identifier: MIT
"use strict";

const { readFileSync, writeSync } = require("node:fs");
const { nodeVersionProblem } = require("./node-version.cjs");

/**
 * Starts the kernel: `node launcher.cjs CONNECTION_FILE`, in the folder of the notebook. Jupyter runs it as
 * kernels/tslab/kernel.json says, and finds that file when JUPYTER_PATH holds this folder.
 */

const problem = nodeVersionProblem(process.versions.node);
const connectionFile = process.argv[2];
if (problem !== undefined || connectionFile === undefined) {
  console.error(problem ?? "Usage: node launcher.cjs CONNECTION_FILE");
  process.exit(1);
}

// Whatever terminal Jupyter was started from, what cells print has no colour codes.
delete process.env["FORCE_COLOR"];
process.env["NO_COLOR"] = "1";
// Node warns on its first `require` of an ES module. That is how the library is loaded, and no news to the reader.
process.removeAllListeners("warning");

const { exitWithParent } = require("./parent-watch.cjs");
const { keepProgress } = require("./progress-file.cjs");
const { KernelServer } = require("./server.cjs");
const { Session } = require("./session.cjs");

exitWithParent();
keepProgress();
const session = new Session();
process.on("SIGINT", () => session.interrupt());
const server = new KernelServer(JSON.parse(readFileSync(connectionFile, "utf8")), session);
// A timer that a cell left running must not keep the kernel alive.
server.serve().then(
  () => process.exit(0),
  // A session would take this for a cell's error and go on.
  (error) => {
    writeSync(2, `${error.message}\n`); // the console belongs to the cells
    process.exit(1);
  },
);
