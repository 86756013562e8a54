// SPDX-License-Identifier: MIT
"use strict";

const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const path = require("node:path");

/** Names the file in which progress is kept; without it, progress lasts as long as the kernel. Set by npm start. */
const VARIABLE = "TSM_MAP_PROGRESS";
/** Where the library looks for a store. */
const PROGRESS_STORE = Symbol.for("tsm-map-sim.progress");

/**
 * A store of progress in a file. A write replaces the file wholly or not at all, so that a kernel that is killed leaves
 * a file that can be read.
 *
 * @param {string} file
 * @returns {import("../lib/src/course/progress-store.ts").ProgressStore}
 */
function progressFile(file) {
  return {
    read: () => (existsSync(file) ? readFileSync(file, "utf8") : undefined),
    write(text) {
      mkdirSync(path.dirname(file), { recursive: true });
      const fresh = `${file}.${process.pid}.new`;
      writeFileSync(fresh, text);
      renameSync(fresh, file);
    },
    setAside(text) {
      for (let n = 1; ; n++) {
        const name = `${file}.unreadable-${n}`;
        if (existsSync(name)) continue;
        writeFileSync(name, text, { flag: "wx" });
        return path.basename(name);
      }
    },
  };
}

/** Gives the library a store, if the environment names a file. */
function keepProgress() {
  const file = process.env[VARIABLE];
  if (file) Object.assign(globalThis, { [PROGRESS_STORE]: progressFile(file) });
}

module.exports = { keepProgress, progressFile };
