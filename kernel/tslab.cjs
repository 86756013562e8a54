// SPDX-License-Identifier: MIT
"use strict";

const path = require("node:path");
const { keepPropertyNames } = require("./earlier-names.cjs");

/**
 * The kernel's one door to tslab: its converter, which knows what a cell may see of earlier ones, and its build of
 * TypeScript 5.0.4.
 *
 * tslab fixes its compiler options in its source and offers no way to change them. Its converter reaches the compiler
 * through `require`, so it is handed a copy of the TypeScript module in which two functions are ours; that must be
 * done before any of tslab's files is loaded. What is used here is not tslab's public interface: the exact version is
 * pinned, and the tests in test/jupyter say when a new one behaves differently.
 */

const tslabRoot = path.dirname(require.resolve("tslab/package.json"));
const typescriptFile = require.resolve("@tslab/typescript-for-tslab", { paths: [tslabRoot] });

/** @type {typeof import("@tslab/typescript-for-tslab")} */
const ts = require(typescriptFile);

/** What a cell is checked and compiled with, beyond what tslab sets. */
const CELL_OPTIONS = {
  strict: true,
  // tslab parses `await (x)` as a call and refuses a lone `for await`. Cells are modules, and modules may await.
  disableTopLevelAwait: false,
  // Lets the place of a thrown error be found in the cell.
  inlineSourceMap: true,
  // Only Node's own global types: what else lies in node_modules/@types is not for cells.
  types: ["node"],
};

/** @param {any[]} args */
function createBuilder(...args) {
  return keepPropertyNames(ts, Reflect.apply(ts.createEmitAndSemanticDiagnosticsBuilderProgram, ts, args));
}

const overrides = {
  /**
   * tslab leaves the choice of a builder to TypeScript; this is the one that it takes by default, with a repair.
   *
   * @param {string[]} rootNames
   * @param {import("@tslab/typescript-for-tslab").CompilerOptions} options
   * @param {import("@tslab/typescript-for-tslab").System} system
   * @param {unknown} _builder
   * @param {any[]} rest
   */
  createWatchCompilerHost: (rootNames, options, system, _builder, ...rest) =>
    Reflect.apply(ts.createWatchCompilerHost, ts, [
      rootNames,
      { ...options, ...CELL_OPTIONS },
      system,
      createBuilder,
      ...rest,
    ]),

  /**
   * tslab's last step turns a module into CommonJS. Here it does nothing: `lower.cjs` takes that step itself, with
   * a source map and the changes that a cell needs.
   *
   * @param {string} module
   */
  transpileModule: (module) => ({ outputText: module }),
};

const cached = require.cache[typescriptFile];
if (cached === undefined) throw new Error("tslab's TypeScript is not in the module cache");
cached.exports = { ...ts, ...overrides };

const { createConverter, isCompleteCode, keepNamesInImport } = require("tslab/dist/converter.js");
const { printQuickInfo } = require("tslab/dist/inspect.js");
const jupyter = require("tslab/dist/jupyter.js");

/**
 * Makes the end of `display` from the package "tslab".
 *
 * @param {(content: Record<string, any>, update: boolean) => void} writeDisplayData
 */
function setDisplay(writeDisplayData) {
  Reflect.set(jupyter, "lastWriteDisplayData", writeDisplayData);
}

module.exports = { ts, createConverter, isCompleteCode, keepNamesInImport, printQuickInfo, setDisplay };
