// SPDX-License-Identifier: MIT
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Task } from "../../lib/src/base/task.ts";
import { EXERCISES } from "../../lib/src/course/catalogue.ts";
import { expectGoodPicture } from "../view/svg-checks.ts";
import { feedbackOn, typeErrors } from "./cell.ts";

const INDEX = fileURLToPath(new URL("../../lib/src/index.ts", import.meta.url));

function throwing(): never {
  throw new Error("a mistake of the learner");
}

function* endless(): Task<number> {
  for (;;) yield { kind: "read", object: "nothing" };
}

function* undecided(): Generator<undefined, number> {
  yield undefined;
  return 0;
}

describe.each(EXERCISES.map((exercise) => [exercise.id, exercise] as const))("exercise %s", (_, exercise) => {
  it("says kindly that the starter is not yet an answer", () => {
    const feedback = feedbackOn(exercise, exercise.starter);

    expect(feedback.verdict).toBe("not yet");
    expect(feedback.problem?.id).toBe("starter");
    expect(feedback.text).not.toMatch(/\b(failed|wrong|error)\b/i);
  });

  it("accepts the solution", () => {
    const feedback = feedbackOn(exercise, exercise.solution.code);

    expect(feedback.text).toMatch(/^accepted: /);
    expect(feedback.verdict).toBe("accepted");
  });

  it.each(exercise.wrongAnswers.map((wrong) => [wrong.problem, wrong.code] as const))(
    "tells %s from every other problem",
    (problem, code) => {
      const feedback = feedbackOn(exercise, code);

      expect(feedback.verdict).toBe("not yet");
      expect(feedback.problem?.id).toBe(problem);
      expect(feedback.text).not.toMatch(/\bfailed\b/);
      if (feedback.svg !== undefined) expectGoodPicture({ svg: feedback.svg, text: feedback.text });
    },
  );

  it("gives each known wrong answer a message of its own", () => {
    const messages = exercise.wrongAnswers.map(({ code }) => feedbackOn(exercise, code).problem?.message);

    expect(new Set(messages).size).toBe(exercise.wrongAnswers.length);
    expect(exercise.wrongAnswers.length).toBeGreaterThanOrEqual(2);
  });

  it("has three hints, and code of at most twelve lines in the starter", () => {
    expect(exercise.hints.map((one) => one.length > 20)).toEqual([true, true, true]);
    expect(exercise.starter.split("\n").length).toBeLessThanOrEqual(12);
  });

  it.each([undefined, null, 0, "x", [], {}, () => 1, new Uint8Array(), new Uint8Array(160)])(
    "answers any value at all without throwing: %s",
    (answer) => {
      expect(exercise.check(answer)?.message).toMatch(/\.$/);
    },
  );

  it.each([
    ["throws", throwing],
    ["waits for a promise", async () => 0],
    ["never ends, and comes to points", endless],
    ["yields what is no point", undecided],
  ])("answers a function that %s", (_, answer) => {
    expect(exercise.check(answer)?.message).toMatch(/\.$/);
  });
});

describe("the code of the exercises", () => {
  it("compiles as cells do, starters, solutions and wrong answers alike", () => {
    const cells = new Map(
      EXERCISES.flatMap(({ id, starter, solution, wrongAnswers }) => [
        [`${id} starter`, starter] as const,
        [`${id} solution`, solution.code] as const,
        ...wrongAnswers.map(({ problem, code }) => [`${id} ${problem}`, code] as const),
      ]),
    );

    expect(typeErrors(cells, INDEX)).toEqual([]);
  });
});

describe("ids", () => {
  it("are given once, and start with the number of the notebook", () => {
    const ids = EXERCISES.map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^\d\d-[a-z0-9-]+$/.test(id))).toEqual([]);
  });
});
