// SPDX-License-Identifier: MIT

/** A line of a comparison: in both texts, only in the new one, or only in the old one. */
export interface DiffLine {
  readonly sign: " " | "+" | "-";
  readonly line: string;
}

/**
 * Compares two texts line by line, with the longest common subsequence of lines: as few lines as can be are marked. Where
 * both are possible, lines that go come before lines that come.
 *
 * @example
 * ```ts
 * lineDiff("a\nb", "a\nc"); // [{ sign: " ", line: "a" }, { sign: "-", line: "b" }, { sign: "+", line: "c" }]
 * ```
 */
export function lineDiff(before: string, after: string): DiffLine[] {
  const old = before.split("\n");
  const fresh = after.split("\n");
  const common = commonLengths(old, fresh);
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      lines.push({ sign: " ", line: old[i] as string });
      i++;
      j++;
    } else if (j === fresh.length || (i < old.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push({ sign: "-", line: old[i] as string });
      i++;
    } else {
      lines.push({ sign: "+", line: fresh[j] as string });
      j++;
    }
  }
  return lines;
}

/** For each pair of positions: how many lines the rests of the two texts have in common, in the same order. */
function commonLengths(old: readonly string[], fresh: readonly string[]): number[][] {
  const common = Array.from({ length: old.length + 1 }, () => new Array<number>(fresh.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      (common[i] as number[])[j] =
        old[i] === fresh[j]
          ? at(common, i + 1, j + 1) + 1
          : Math.max(at(common, i + 1, j), at(common, i, j + 1));
    }
  }
  return common;
}

function at(common: readonly (readonly number[])[], i: number, j: number): number {
  return common[i]?.[j] ?? 0;
}
