// SPDX-License-Identifier: MIT
import type { Problem } from "../exercise.ts";

/** A range of guest physical addresses in bytes, end exclusive. */
export interface AnsweredRange {
  readonly start: number;
  readonly end: number;
}

function address(value: unknown): number | undefined {
  const number = typeof value === "bigint" ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined;
}

/** A value as a learner wrote it, as far as that helps to see what is not an address. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "number" ? String(value) : typeof value;
}

/** A range that a learner gave, as plain numbers or with an `n`; or what is not right about its form. */
export function rangeOf(answer: unknown): AnsweredRange | Problem {
  const { start_gpa, end_gpa } = (answer ?? {}) as Record<string, unknown>;
  const [start, end] = [address(start_gpa), address(end_gpa)];
  if (start !== undefined && end !== undefined) return { start, end };
  const none = start_gpa === undefined && end_gpa === undefined;
  return {
    id: "no-range",
    message:
      "The answer is an object with two addresses in bytes, whole numbers from 0 to 2^53 - 1: { start_gpa, end_gpa }.",
    expected: "{ start_gpa: 0x8000_0000, end_gpa: ... }",
    came: none ? typeof answer : `start_gpa: ${shown(start_gpa)}, end_gpa: ${shown(end_gpa)}`,
  };
}
