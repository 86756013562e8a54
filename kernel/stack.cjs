// SPDX-License-Identifier: MIT
"use strict";

const path = require("node:path");
const { fileURLToPath } = require("node:url");

/**
 * Stack traces that are the same on every machine: they show the lines of the cells, and the files of the library
 * and of packages by the names they are imported under. Frames of Node and of the kernel are left out.
 *
 * The text is made where V8 makes it, so that `error.stack` and `console.log(error)` in a cell show the same.
 * Frames outside the cells carry no line number: a committed output should not change because a comment was added
 * to the library.
 *
 * @typedef {import("./session.cjs").Cell} Cell
 * @typedef {{ text: string, cell?: { cell: Cell, line: number, column: number } }} Frame  line and column from 0
 */

/** Deep recursion in the library should not hide which line of the cell began it. */
const STACK_DEPTH = 100;
const SHOWN_FRAMES = 12;

/** Where the library is built, and the name it is imported under. */
const LIBRARY_DIST = path.join(path.dirname(__dirname), "lib", "dist") + path.sep;
const LIBRARY = "tsm-map-sim";
const PACKAGES = `${path.sep}node_modules${path.sep}`;

class StackTraces {
  /** @type {WeakMap<Error, Frame[]>} */
  #frames = new WeakMap();
  #findCell;
  #currentCell;

  /**
   * @param {(filename: string) => Cell | undefined} findCell  the cell that was compiled under this file name
   * @param {() => Cell | undefined} currentCell  the cell that runs, whose lines are named without its number
   */
  constructor(findCell, currentCell) {
    this.#findCell = findCell;
    this.#currentCell = currentCell;
  }

  /** From now on every stack trace of this process is made here. */
  install() {
    Error.stackTraceLimit = STACK_DEPTH;
    Error.prepareStackTrace = (error, sites) => {
      const frames = sites.flatMap((site) => this.#frame(site) ?? []);
      this.#frames.set(error, frames);
      return [title(error), ...folded(frames)].join("\n");
    };
  }

  /**
   * The frames of an error, innermost first; none when it was made by other means than `new`.
   *
   * @param {Error} error
   * @returns {Frame[]}
   */
  framesOf(error) {
    void error.stack; // V8 makes the text, and so our frames, when the stack is first asked for
    return this.#frames.get(error) ?? [];
  }

  /**
   * @param {NodeJS.CallSite} site
   * @returns {Frame | undefined}
   */
  #frame(site) {
    const filename = site.getFileName();
    if (!filename) return undefined;
    const cell = this.#findCell(filename);
    if (cell) return this.#cellFrame(cell, site);
    const file = publicName(filename.startsWith("file:") ? fileURLToPath(filename) : filename);
    return file === undefined ? undefined : { text: frameText(site, file) };
  }

  /**
   * @param {Cell} cell
   * @param {NodeJS.CallSite} site
   * @returns {Frame | undefined}
   */
  #cellFrame(cell, site) {
    const at = cell.locate({
      line: (site.getLineNumber() ?? 1) - 1,
      column: (site.getColumnNumber() ?? 1) - 1,
    });
    if (!at) return undefined;
    const line = `line ${at.line + 1}`;
    const where = cell === this.#currentCell() ? line : `cell [${cell.number}], ${line}`;
    const column = startOfCall(cell.source.split("\n")[at.line] ?? "", at.column);
    return { text: frameText(site, where), cell: { cell, line: at.line, column } };
  }
}

/**
 * The name and message of an error, whatever it does when asked for them.
 *
 * @param {unknown} error
 */
function title(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

/**
 * The name under which a reader knows a file, or nothing when it is no concern of theirs.
 *
 * @param {string} file
 */
function publicName(file) {
  const slashed = (/** @type {string} */ name) => name.split(path.sep).join("/");
  if (file.startsWith(LIBRARY_DIST)) {
    return `${LIBRARY}/${slashed(file.slice(LIBRARY_DIST.length)).replace(/\.js$/, ".ts")}`;
  }
  const packageAt = file.lastIndexOf(PACKAGES);
  if (packageAt >= 0) return slashed(file.slice(packageAt + PACKAGES.length));
  const beside = path.relative(process.cwd(), file);
  return path.isAbsolute(file) && !path.isAbsolute(beside) && !beside.startsWith("..")
    ? slashed(beside)
    : undefined;
}

/**
 * TypeScript compiles a call of an import, `boot()`, to `(0, library.boot)()`, and V8 points at what follows the name.
 *
 * @param {string} line
 * @param {number} column
 */
function startOfCall(line, column) {
  const name = line[column] === "(" ? /[\w$]*$/.exec(line.slice(0, column)) : null;
  return name ? name.index : column;
}

/**
 * @param {NodeJS.CallSite} site
 * @param {string} where
 */
function frameText(site, where) {
  const called = site.getFunctionName();
  if (!called) return `    at ${where}`;
  return `    at ${site.isConstructor() ? "new " : ""}${called} (${where})`;
}

/**
 * The lines of a stack: repeated ones once, and no more than fit on a screen.
 *
 * @param {Frame[]} frames
 */
function folded(frames) {
  const lines = frames.map((frame) => frame.text).filter((line, at, all) => line !== all[at - 1]);
  if (lines.length <= SHOWN_FRAMES) return lines;
  return [...lines.slice(0, SHOWN_FRAMES), "    ..."];
}

module.exports = { StackTraces, title, folded };
