// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EXERCISES, PREDICTIONS } from "../../lib/src/course/catalogue.ts";
import { exerciseReport, lacking } from "../../tools/exercises/report.mjs";

const HINT = "Look at the picture of the slots.";
const exercise = (id: string, hints: readonly string[], problems: readonly string[]) => ({
  id,
  hints,
  wrongAnswers: problems.map((problem) => ({ problem })),
});

describe("the exercises of the course", () => {
  it.each(EXERCISES.map((one) => [one.id, one] as const))(
    "%s lacks no hint and no wrong answer",
    (_, one) => {
      expect(lacking(one)).toEqual([]);
    },
  );
});

describe("the report on exercises", () => {
  it("counts what each notebook has", () => {
    const { text, complete } = exerciseReport(EXERCISES, PREDICTIONS);

    expect(complete).toBe(true);
    expect(text).toMatch(/^01 {8}5 {10}5$/m);
    expect(text).toMatch(
      new RegExp(
        `^${EXERCISES.length} exercises with \\d+ known wrong answers, ${PREDICTIONS.length} predictions$`,
        "m",
      ),
    );
  });

  it("names each exercise that lacks something, and what", () => {
    const { text, complete } = exerciseReport(
      [
        exercise("01-a", [HINT, HINT, HINT], ["x", "y"]),
        exercise("01-b", [HINT, HINT, "Think."], ["x", "y"]),
        exercise("02-c", [HINT, HINT], ["x", "x"]),
      ],
      [{ id: "02-p" }],
    );

    expect(complete).toBe(false);
    expect(text).toMatchInlineSnapshot(`
      "notebook  exercises  predictions
      01        2          0
      02        1          1
      3 exercises with 6 known wrong answers, 1 predictions
      01-b has 2 of 3 hints
      02-c has 2 of 3 hints and 1 of 2 wrong answers
      2 exercises are not complete"
    `);
  });
});
