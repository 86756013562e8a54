// SPDX-License-Identifier: MIT
/**
 * Reads files of recorded RMI calls: one JSON object a line, grouped into sequences that each start on a fresh
 * machine with `#BEGIN`.
 */

/**
 * One line of a recording.
 *
 * @typedef {object} Line
 * @property {number} number line in the file, from 1
 * @property {string} seq name of the sequence
 * @property {number} i position in the sequence
 * @property {string} cmd command without its RMI_ prefix, or a pseudo command that starts with `#`
 * @property {Record<string, any>} args
 * @property {Record<string, any>} [ret]
 * @property {{ n: number, stride: Record<string, number | string> }} [rep]
 * @property {[string, number][]} [tlbi]
 * @property {number[]} [zeroed]
 * @property {boolean} [nested]
 */

/** A file that cannot be replayed; the message is one sentence for a person. */
export class BadRecording extends Error {}

/**
 * The lines of a recording.
 *
 * @param {string} text content of the file
 * @returns {Line[]}
 */
export function parseLines(text) {
  const lines = text
    .split("\n")
    .map((source, index) => ({ source, number: index + 1 }))
    .filter(({ source }) => source.trim() !== "")
    .map(({ source, number }) => parseLine(source, number));
  if (lines.length === 0) throw new BadRecording("it holds no line.");
  const [first] = lines;
  if (first?.cmd !== "#BEGIN") throw new BadRecording(`line ${first?.number} comes before any #BEGIN.`);
  return lines;
}

/**
 * @param {string} source
 * @param {number} number
 * @returns {Line}
 */
function parseLine(source, number) {
  /** @type {any} */
  let line;
  try {
    line = JSON.parse(source);
  } catch {
    throw new BadRecording(`line ${number} is not JSON.`);
  }
  if (line === null || typeof line !== "object" || typeof line.cmd !== "string") {
    throw new BadRecording(`line ${number} is not an object with a command in "cmd".`);
  }
  if (Array.isArray(line.args)) {
    throw new BadRecording(
      `line ${number} has positional arguments: that is the range interface of RMM 2.0, another interface than the one modelled here (1.0).`,
    );
  }
  if (line.args !== undefined && (line.args === null || typeof line.args !== "object")) {
    throw new BadRecording(`line ${number}: "args" is not an object.`);
  }
  return { seq: "", i: 0, ...line, args: line.args ?? {}, number };
}

/**
 * A number or a string such as "0x1000", as 64 unsigned bits.
 *
 * @param {unknown} value
 * @param {string} name for the message
 * @param {Line} line
 */
export function bits64(value, name, line) {
  if (typeof value === "string" || (typeof value === "number" && Number.isSafeInteger(value))) {
    try {
      return BigInt.asUintN(64, BigInt(value));
    } catch {
      // falls through to the message below
    }
  }
  throw new BadRecording(
    `line ${line.number} (${line.cmd}): "${name}" is not a number or a string like "0x1000".`,
  );
}
