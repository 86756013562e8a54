// SPDX-License-Identifier: MIT
"use strict";

const { Worker, isMainThread, workerData } = require("node:worker_threads");

/**
 * Ends this process when its parent, the Jupyter server, is gone: a server that crashed or was killed asks nobody to
 * shut down. A thread of its own looks, because a cell in an endless loop leaves the main thread no time to.
 */

const LOOK_EVERY_MS = 500;

/** Starts looking after the parent that this process has now. */
function exitWithParent() {
  new Worker(__filename, { workerData: { parent: process.ppid } }).unref();
}

/** @param {number} parent */
function isGone(parent) {
  if (process.ppid !== parent) return true; // Unix gives an orphan another parent
  try {
    process.kill(parent, 0); // signal 0 only asks whether the process is there
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

if (!isMainThread) {
  setInterval(() => {
    if (isGone(workerData.parent)) process.kill(process.pid, "SIGKILL");
  }, LOOK_EVERY_MS);
}

module.exports = { exitWithParent };
