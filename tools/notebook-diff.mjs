// SPDX-License-Identifier: MIT
import { toText } from "./notebook-format.mjs";

/**
 * What differs between a notebook as committed and as it came out now, for a person to read.
 *
 * @typedef {import("./notebook-format.mjs").Cell} Cell
 * @typedef {import("./notebook-format.mjs").Output} Output
 */

/** More cells than this, more lines on one side of a difference, and more characters of a line are cut. */
const SHOWN_CELLS = 5;
const SHOWN_LINES = 12;
const SHOWN_CHARACTERS = 160;
/** A cut line begins this far before its difference: a picture is one line of thousands of characters. */
const SHOWN_BEFORE = 40;

/**
 * The lines of a report; none when the texts are the same.
 *
 * @param {string} expected  the text of the committed notebook
 * @param {string} got
 * @returns {string[]}
 */
export function diffNotebooks(expected, got) {
  if (expected === got) return [];
  /** @type {{ cells: Cell[] }[]} */
  const [before, after] = [JSON.parse(expected), JSON.parse(got)];
  const cells = (after?.cells ?? []).flatMap((cell, index) => {
    const old = before?.cells[index];
    const lines = old ? diffLines(outputLines(old), outputLines(cell)) : [];
    const title = `  cell ${index + 1} [${cell.execution_count}]: ${firstLine(cell)}`;
    return lines.length > 0 ? [[title, ...lines]] : [];
  });
  if (cells.length > SHOWN_CELLS) {
    return [...cells.slice(0, SHOWN_CELLS).flat(), `  and ${cells.length - SHOWN_CELLS} more cells`];
  }
  if (cells.length > 0) return cells.flat();
  return [
    "  the outputs agree, but the file is not as `npm run notebooks` writes it:",
    ...diffLines(expected.split("\n"), got.split("\n")),
  ];
}

/**
 * The part in which two lists of lines differ.
 *
 * @param {string[]} expected
 * @param {string[]} got
 * @returns {string[]}
 */
function diffLines(expected, got) {
  const shorter = Math.min(expected.length, got.length);
  let head = 0;
  while (head < shorter && expected[head] === got[head]) head++;
  if (head === expected.length && head === got.length) return [];
  let tail = 0;
  while (tail < shorter - head && expected.at(-1 - tail) === got.at(-1 - tail)) tail++;
  const from = firstDifference(expected[head] ?? "", got[head] ?? "");
  return [
    ...shown("    - expected ", expected.slice(head, expected.length - tail), from),
    ...shown("    + got      ", got.slice(head, got.length - tail), from),
  ];
}

/**
 * @param {string} one
 * @param {string} other
 */
function firstDifference(one, other) {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}

/**
 * @param {string} line
 * @param {number} difference  where the line differs
 */
function cutLine(line, difference) {
  if (line.length <= SHOWN_CHARACTERS) return line;
  const from = difference < SHOWN_CHARACTERS ? 0 : difference - SHOWN_BEFORE;
  const end = from + SHOWN_CHARACTERS;
  return `${from > 0 ? "... " : ""}${line.slice(from, end)}${end < line.length ? " ..." : ""}`;
}

/**
 * @param {string} label
 * @param {string[]} lines
 * @param {number} difference  where the first of them differs
 */
function shown(label, lines, difference) {
  if (lines.length === 0) return [`${label}nothing`];
  const more = lines.length > SHOWN_LINES ? [`${label}... and ${lines.length - SHOWN_LINES} more lines`] : [];
  return [
    ...lines.slice(0, SHOWN_LINES).map((line, index) => label + cutLine(line, index === 0 ? difference : 0)),
    ...more,
  ];
}

/**
 * The outputs of a cell as lines, each with its kind.
 *
 * @param {Cell} cell
 * @returns {string[]}
 */
function outputLines(cell) {
  return (cell.outputs ?? []).flatMap((output) => {
    if (output.output_type === "stream") return withLabel(output["name"], toText(output["text"]));
    if (output.output_type === "error") return withLabel("error", output["traceback"].join("\n"));
    return Object.entries(output["data"]).flatMap(([mime, value]) =>
      withLabel(
        mime,
        typeof value === "string" || Array.isArray(value) ? toText(value) : JSON.stringify(value),
      ),
    );
  });
}

/**
 * @param {string} label
 * @param {string} text
 */
function withLabel(label, text) {
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => `${label} | ${line}`);
}

/** @param {Cell} cell */
function firstLine(cell) {
  return toText(cell.source).split("\n")[0] ?? "";
}
