// SPDX-License-Identifier: MIT
"use strict";

/**
 * A disk that refuses, as a stand-in for one that is full or may not be written to: loaded into a process with
 * `--require`, it makes each write below REFUSE_BELOW fail with the code in REFUSE_WITH. Root, too, is refused.
 */

const fs = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");
const path = require("node:path");

const { REFUSE_BELOW: below = "", REFUSE_WITH: code = "" } = process.env;

/** The functions by which files come to be. @type {Record<string, (file: unknown, ...rest: unknown[]) => unknown>} */
const functions = /** @type {any} */ (fs);

for (const name of ["writeFileSync", "mkdirSync", "renameSync", "openSync"]) {
  const original = /** @type {typeof functions[string]} */ (functions[name]);
  functions[name] = (file, ...rest) => {
    const reads = name === "openSync" && (rest[0] === undefined || rest[0] === "r");
    const isThere = name === "mkdirSync" && fs.existsSync(String(file)); // making a folder that is there writes nothing
    if (reads || isThere || typeof file !== "string" || !path.resolve(file).startsWith(below))
      return original(file, ...rest);
    throw Object.assign(new Error(`${code}: refused, ${name} '${file}'`), { code });
  };
}
syncBuiltinESMExports();
