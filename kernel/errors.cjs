// SPDX-License-Identifier: MIT
"use strict";

const util = require("node:util");
const { Interrupted } = require("./interrupt.cjs");
const { folded, title } = require("./stack.cjs");

/**
 * What a failing cell shows: the message, the line of the cell with a mark under the place, and who called.
 *
 * @typedef {{ ename: string, evalue: string, traceback: string[] }} ErrorReport  the content of an `error` message
 * @typedef {import("./stack.cjs").StackTraces} StackTraces
 * @typedef {import("tslab/dist/converter.js").Diagnostic} Diagnostic
 */

const MAX_CAUSES = 5;
const LIBRARY_NOT_FOUND = /Cannot find module 'tsm-map-sim'/;

/**
 * A line of a cell with a mark under one place.
 *
 * @param {string} source
 * @param {number} line  from 0
 * @param {number} column  from 0
 * @returns {string[]}  nothing when the cell has no such line
 */
function codeFrame(source, line, column) {
  const text = source.split("\n")[line];
  if (text === undefined) return [];
  const number = String(line + 1);
  const indent = text.slice(0, column).replace(/[^\t]/g, " ");
  return [`  ${number} | ${text}`, `  ${" ".repeat(number.length)} | ${indent}^`];
}

/**
 * The problems that the type check found in a cell.
 *
 * @param {Diagnostic[]} diagnostics  at least one
 * @param {string} source
 * @returns {ErrorReport}
 */
function compileError(diagnostics, source) {
  // The converter appends an export of everything declared; a problem there repeats one in the cell.
  const lineCount = source.split("\n").length;
  const inCell = diagnostics.filter((problem) => problem.fileName || problem.start.line < lineCount);
  const problems = inCell.length > 0 ? inCell : diagnostics;

  const traceback = problems.flatMap((problem, index) => {
    const message = `TS${problem.code}: ${problem.messageText}`;
    const next = problems[index + 1];
    // A message with details comes as several problems of one place, outermost first.
    if (next && isSamePlace(problem, next)) return [message];
    const place = problem.fileName
      ? [`  in ${problem.fileName}, line ${problem.start.line + 1}`]
      : codeFrame(source, problem.start.line, problem.start.character);
    return [message, ...place];
  });
  if (problems.some((problem) => LIBRARY_NOT_FOUND.test(problem.messageText))) {
    traceback.push(
      "The library is not built yet: run `npm start`, or `npm run build`, in the course folder.",
    );
  }
  return { ename: "CompileError", evalue: traceback[0] ?? "", traceback };
}

/**
 * @param {Diagnostic} one
 * @param {Diagnostic} other
 */
function isSamePlace(one, other) {
  return one.start.offset === other.start.offset && one.fileName === other.fileName;
}

/**
 * What only the JavaScript engine refuses, such as a regular expression that is none.
 *
 * @param {SyntaxError} error
 * @param {import("./session.cjs").Cell} cell
 * @returns {ErrorReport}
 */
function syntaxError(error, cell) {
  // Node puts the place before the stack: "file:LINE\n<the line>\n   ^^^\n".
  const place = /^.*:(\d+)\n.*\n( *)\^/.exec(String(error.stack));
  const at = place && cell.locate({ line: Number(place[1]) - 1, column: (place[2] ?? "").length });
  const mark = at ? codeFrame(cell.source, at.line, at.column) : [];
  return { ename: error.name, evalue: error.message, traceback: [title(error), ...mark] };
}

/**
 * What a cell threw while it ran.
 *
 * @param {unknown} thrown
 * @param {StackTraces} stacks
 * @returns {ErrorReport}
 */
function thrownError(thrown, stacks) {
  if (thrown instanceof Interrupted) {
    return { ename: thrown.name, evalue: thrown.message, traceback: [title(thrown)] };
  }
  if (!(thrown instanceof Error)) {
    const shown = util.inspect(thrown);
    return { ename: "Thrown", evalue: shown, traceback: [`Thrown: ${shown}`] };
  }
  const traceback = explain(thrown, stacks);
  let cause = thrown.cause;
  for (let depth = 0; depth < MAX_CAUSES && cause !== undefined; depth++) {
    if (!(cause instanceof Error)) {
      traceback.push(`Caused by: ${util.inspect(cause)}`);
      break;
    }
    const [head, ...rest] = explain(cause, stacks);
    traceback.push(`Caused by: ${head}`, ...rest);
    cause = cause.cause;
  }
  return { ename: String(thrown.name), evalue: String(thrown.message), traceback };
}

/**
 * @param {Error} error
 * @param {StackTraces} stacks
 * @returns {string[]}
 */
function explain(error, stacks) {
  const frames = stacks.framesOf(error);
  const inCell = frames.find((frame) => frame.cell)?.cell;
  const mark = inCell ? codeFrame(inCell.cell.source, inCell.line, inCell.column) : [];
  return [...title(error).split("\n"), ...mark, ...folded(frames)];
}

module.exports = { compileError, syntaxError, thrownError };
