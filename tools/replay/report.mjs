// SPDX-License-Identifier: MIT
/** What the replayer prints of a file. */

/**
 * One line for a file that matches; otherwise its first difference as well.
 *
 * @param {string} file
 * @param {import("./engine.mjs").Outcome} outcome
 */
export function describe(file, { matched, differing, first }) {
  const summary = `${file}: ${matched} calls matched, ${differing} differing`;
  if (first === undefined) return summary;
  const { line, expected, came, around } = first;
  return [
    summary,
    `  first difference: line ${line.number}, sequence ${line.seq}, call ${line.i}`,
    `  call      ${line.cmd} ${show(line.args)}${line.rep === undefined ? "" : ` repeated ${show(line.rep)}`}`,
    `  expected  ${show(expected)}`,
    `  came      ${show(came)}`,
    "  state before the call:",
    ...around.split("\n").map((text) => `    ${text}`),
  ].join("\n");
}

/** @param {unknown} value */
function show(value) {
  return JSON.stringify(value, (_name, item) => (typeof item === "bigint" ? `0x${item.toString(16)}` : item));
}
