// SPDX-License-Identifier: MIT
import { errnoName } from "../base/errno.ts";

/** A question that the learner answers before the machine does. */
export interface Prediction {
  /** Number of the notebook and a few words, for example `"01-overlap"`. */
  readonly id: string;
  readonly question: string;
  /** What the machine says; the tests run it. Written as `normalised` writes it. */
  readonly answer: string;
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

const KNOWN = new Set(Array.from({ length: 200 }, (_, i) => errnoName(-i)));

/** True for a guess that is still the question mark of the shipped notebook. */
export function isNoGuess(guess: Answer): boolean {
  return guess === undefined || String(guess).trim() === "" || String(guess).trim() === "?";
}
