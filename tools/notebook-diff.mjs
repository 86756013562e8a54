// SPDX-License-Identifier: MIT
import { toText } from "./notebook-format.mjs";

/**
 * What differs between a notebook as committed and as it came out now, for a person to read.
 *
 * @typedef {import("./notebook-format.mjs").Cell} Cell
 * @typedef {import("./notebook-format.mjs").Output} Output
 */

/** More lines than this on one side of a difference are cut. */
const SHOWN_LINES = 12;

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
  const report = (after?.cells ?? []).flatMap((cell, index) => {
    const old = before?.cells[index];
    const lines = old ? diffLines(outputLines(old), outputLines(cell)) : [];
    return lines.length > 0
      ? [`  cell ${index + 1} [${cell.execution_count}]: ${firstLine(cell)}`, ...lines]
      : [];
  });
  if (report.length > 0) return report;
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
  return [
    ...shown("    - expected ", expected.slice(head, expected.length - tail)),
    ...shown("    + got      ", got.slice(head, got.length - tail)),
  ];
}

/**
 * @param {string} label
 * @param {string[]} lines
 */
function shown(label, lines) {
  if (lines.length === 0) return [`${label}nothing`];
  const more = lines.length > SHOWN_LINES ? [`${label}... and ${lines.length - SHOWN_LINES} more lines`] : [];
  return [...lines.slice(0, SHOWN_LINES).map((line) => label + line), ...more];
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
