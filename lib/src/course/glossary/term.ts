// SPDX-License-Identifier: MIT

/** A word of the field, as the course uses it. */
export interface Term {
  readonly term: string;
  /** What the letters of an abbreviation stand for. */
  readonly expansion?: string;
  /** Other words for the same thing. */
  readonly aliases?: readonly string[];
  /** What it is, in two sentences. */
  readonly meaning: string;
  /** File of the kernel, command of the firmware, or specification where it is at home. */
  readonly origin: string;
  /** Terms that help to understand it. */
  readonly see?: readonly string[];
}
