// SPDX-License-Identifier: MIT
import { type Output, textOf } from "../../site/ipynb/index.ts";

/** An output with its texts in one piece. */
export function plainOutput(output: Output): Output {
  if (output.output_type === "stream") return { ...output, text: textOf(output.text) };
  if (output.output_type === "error") return output;
  const data = Object.fromEntries(
    Object.entries(output.data).map(([type, value]) => [type, Array.isArray(value) ? value.join("") : value]),
  );
  return { ...output, data };
}

/**
 * The first place at which two values differ, with a little of what is there: pictures are too long to print.
 *
 * @returns one line, or none when they are equal
 */
export function firstDifference(where: string, expected: unknown, actual: unknown): string[] {
  if (typeof expected === "object" && typeof actual === "object" && expected !== null && actual !== null) {
    const [one, other] = [expected as Record<string, unknown>, actual as Record<string, unknown>];
    return [...new Set([...Object.keys(one), ...Object.keys(other)])]
      .flatMap((key) => firstDifference(`${where} ${key}`, one[key], other[key]))
      .slice(0, 1);
  }
  if (expected === actual) return [];
  const [one, other] = [String(expected), String(actual)];
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  const from = Math.max(0, at - 10);
  return [`${where}: expected ${one.slice(from, at + 40)}, got ${other.slice(from, at + 40)}`];
}
