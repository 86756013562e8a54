// SPDX-License-Identifier: MIT

/** A letter by which an option is chosen. */
export type Letter = "a" | "b" | "c" | "d";

/** A question of the quiz, with four options of which one is right. What the machine can be asked, a test asks it. */
export interface QuizQuestion {
  /** What it is about; the questions of both forms at one place are about the same. */
  readonly topic: string;
  /** Number of the notebook that answers it. */
  readonly notebook: string;
  readonly asks: string;
  readonly options: Readonly<Record<Letter, string>>;
  readonly right: Letter;
  /** Why it is right. */
  readonly because: string;
}
