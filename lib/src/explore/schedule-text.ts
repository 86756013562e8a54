// SPDX-License-Identifier: MIT

/**
 * Writes a schedule with counts, as people read it.
 *
 * @example
 * ```ts
 * runLengths("MMMPPM"); // "M3 P2 M"
 * ```
 */
export function runLengths(schedule: string): string {
  return schedule.replace(/(.)\1*/g, (run) => ` ${run[0]}${run.length > 1 ? run.length : ""}`).trim();
}

/**
 * Reads a schedule in either form: letter by letter, or with counts and spaces. Throws a RangeError that names the
 * first thing it cannot read.
 *
 * @example
 * ```ts
 * scheduleOf("M3 P2 M"); // "MMMPPM"
 * ```
 */
export function scheduleOf(text: string): string {
  const bad = /(?:^|[\s\d])\d|[^A-Za-z\d\s]/.exec(text.replace(/([A-Za-z])\d+/g, "$1"));
  if (bad !== null)
    throw new RangeError(`a schedule is letters with counts, such as "M3 P2 M"; "${text}" is not one`);
  return text.replace(/([A-Za-z])(\d+)|\s+/g, (_, letter?: string, count?: string) =>
    letter === undefined ? "" : repeated(letter, Number(count), text),
  );
}

function repeated(letter: string, count: number, text: string): string {
  if (count < 1 || count > 100_000)
    throw new RangeError(
      `the schedule "${text.slice(0, 80)}" repeats ${letter} ${count} times; 1 to 100000 can be`,
    );
  return letter.repeat(count);
}

/** How often a schedule changes over from one task to another. */
export function switchesIn(schedule: string): number {
  let switches = 0;
  for (let i = 1; i < schedule.length; i++) if (schedule[i] !== schedule[i - 1]) switches++;
  return switches;
}
