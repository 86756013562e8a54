// SPDX-License-Identifier: MIT

/** A place in a text; both count from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * Reads the mappings of a source map with one source.
 *
 * @returns the way from a place in the generated text back to the source
 */
export function originsOf(mappings: string): (at: Position) => Position {
  let [line, column] = [0, 0];
  const lines = mappings.split(";").map((row) => {
    let generated = 0;
    return row
      .split(",")
      .filter((segment) => segment !== "")
      .map((segment) => {
        const [columnStep = 0, , lineStep = 0, sourceColumnStep = 0] = decode(segment);
        generated += columnStep;
        line += lineStep;
        column += sourceColumnStep;
        return { generated, line, column };
      });
  });
  return (at) => {
    const segment = lines[at.line]?.filter(({ generated }) => generated <= at.column).at(-1);
    if (segment === undefined) return at;
    return { line: segment.line, column: segment.column + at.column - segment.generated };
  };
}

/** Base 64 digits of six bits: the highest says that more follow, the lowest of a number is its sign. */
function decode(segment: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value |= (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}
