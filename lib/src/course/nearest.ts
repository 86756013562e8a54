// SPDX-License-Identifier: MIT

/** Number of single-character edits between two words. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replace, (previous[j] as number) + 1, (current[j - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[b.length] as number;
}

/** The known words that are most like `word`, best first, at most three. */
export function nearest(word: string, known: readonly string[]): string[] {
  return known
    .map((candidate, i) => ({ candidate, i, edits: distance(word, candidate) }))
    .sort((a, b) => a.edits - b.edits || a.i - b.i)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}
