// SPDX-License-Identifier: MIT
"use strict";

const { createRequire } = require("node:module");
const path = require("node:path");
const { instantiate, lower } = require("./lower.cjs");

/**
 * `require` as the cells see it. Modules are looked for from the notebook's folder upwards; TypeScript files beside the
 * notebook, which the converter compiles along with the cell that imports them, come from memory.
 */
class CellModules {
  /** @type {Map<string, { module: string, exports?: object }>} by absolute path, ending in .js */
  #compiled = new Map();
  #folder;
  #turns;

  /**
   * @param {string} folder  the notebook's
   * @param {import("./interrupt.cjs").Turns} turns
   */
  constructor(folder, turns) {
    this.#folder = folder;
    this.#turns = turns;
    this.require = this.#requireFrom(path.join(folder, "cell.js"));
  }

  /**
   * Takes the files that were compiled along with a cell; a file that changed is loaded again.
   *
   * @param {{ path: string, data: string }[]} outputs
   */
  update(outputs) {
    for (const output of outputs) {
      this.#compiled.set(path.resolve(this.#folder, output.path), { module: output.data });
    }
  }

  /**
   * @param {string} file  who requires
   * @returns {(id: string) => unknown}
   */
  #requireFrom(file) {
    const fromDisk = createRequire(file);
    return (id) => {
      // `display` must be that of the tslab whose converter we use, whichever the notebook's folder leads to.
      if (id === "tslab") return require("tslab");
      return this.#fromMemory(path.resolve(path.dirname(file), id), id.startsWith(".")) ?? fromDisk(id);
    };
  }

  /**
   * @param {string} target
   * @param {boolean} relative
   */
  #fromMemory(target, relative) {
    const file = target.replace(/(\.[jt]s)?$/, ".js");
    const entry = relative ? this.#compiled.get(file) : undefined;
    if (entry && !entry.exports) {
      entry.exports = {}; // before it runs: modules that import each other see what there is so far
      instantiate(lower(entry.module), file)(entry.exports, this.#requireFrom(file), this.#turns);
    }
    return entry?.exports;
  }
}

module.exports = { CellModules };
