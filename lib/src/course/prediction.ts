// SPDX-License-Identifier: MIT
import { errnoName } from "../base/errno.ts";

/** A question that the learner answers before the machine does. */
export interface Prediction {
  /** Number of the notebook and a few words, for example `"01-overlap"`. */
  readonly id: string;
  readonly question: string;
  /** What the machine says; the tests run it. Written as `normalised` writes it. */
  readonly answer: string;
  /** Other ways to write it, as `normalised` writes them. */
  readonly also?: readonly string[];
  /** Why it is so. */
  readonly why: string;
  /** What to say to a guess that people make, by the guess. */
  readonly gaps: Readonly<Record<string, string>>;
}

/** A guess or a result. */
export type Answer = string | number | bigint | boolean | undefined;

/**
 * One way to write each answer, so that `"EINVAL"`, `"-einval"` and -22 are the same.
 */
export function normalised(answer: Answer): string {
  if (typeof answer === "number") return errnoName(answer);
  const text = String(answer).trim().toLowerCase();
  if (/^-?e[a-z0-9]+$/.test(text) && text.replace("-", "").length <= 12) {
    const name = `-${text.replace("-", "").toUpperCase()}`;
    return KNOWN.has(name) ? name : text;
  }
  return /^-\d+$/.test(text) ? errnoName(Number(text)) : text;
}

/** An answer as a person reads it: words as they were written, numbers of errors by their names. */
export function displayed(answer: Answer): string {
  const text = String(answer).trim();
  const same = normalised(answer);
  return same === text.toLowerCase() ? text : same;
}

/** True for two ways to write one answer; numbers are the same in every base, `0x8000` and 32768 as well. */
export function isSameAnswer(a: string, b: string): boolean {
  const numbers = [a, b].map((text) => (/^[\da-fx_]+$/.test(text) ? Number(text.replaceAll("_", "")) : NaN));
  return a === b || numbers[0] === numbers[1];
}

const KNOWN = new Set(Array.from({ length: 200 }, (_, i) => errnoName(-i)));

/** True for a guess that is still the question mark of the shipped notebook. */
export function isNoGuess(guess: Answer): boolean {
  return guess === undefined || String(guess).trim() === "" || String(guess).trim() === "?";
}
