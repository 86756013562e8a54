// SPDX-License-Identifier: MIT
import type { Task } from "../../base/task.ts";
import { kvm_map_private_memory } from "../../kernel/kvm/arm64/map-private-memory.ts";
import type { Kvm } from "../../kernel/kvm/kvm.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { conformanceOf } from "../gauntlet/conformance.ts";
import type { MapRangeFunction } from "../gauntlet/submission.ts";
import { firstProblem, missesOf, noFunction, onTrialWith } from "./gauntlet-labs.ts";

const ID = "14-range";

const BAD = ["empty", "reversed", "unaligned-start", "unaligned-end", "shared-half", "no-realm"];
const TRIALS = conformanceOf("two-pages", "last-of-half", ...BAD);

/** The posted function behind the checks of the answer. */
function behind(checkRange: (kvm: Kvm, start_gpa: number, end_gpa: number) => number): MapRangeFunction {
  return function* (kvm, start_gpa, end_gpa): Task<number> {
    const ret = checkRange(kvm, start_gpa, end_gpa);
    return ret !== 0 ? ret : yield* kvm_map_private_memory(kvm, start_gpa, end_gpa);
  };
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") return noFunction(answer, "function (kvm, start_gpa, end_gpa)");
  const onTrial = onTrialWith(behind(answer as Parameters<typeof behind>[0]));
  if (missesOf(onTrial, TRIALS).join() === BAD.join())
    return untouched("The function lets every range through.");
  return firstProblem(onTrial, TRIALS);
}

function code(...body: string[]): string {
  return [
    "function check_range(kvm: Kvm, start_gpa: number, end_gpa: number): number {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", check_range);`,
  ].join("\n");
}

const START = "if (start_gpa % PAGE_SIZE !== 0) return -EINVAL;";
const END = "if (end_gpa % PAGE_SIZE !== 0) return -EINVAL;";
const ORDER = "if (start_gpa >= end_gpa) return -EINVAL;";
const HALF = "if (end_gpa > 2 ** (kvm.arch.realm.ia_bits - 1)) return -EINVAL;";
const GOOD = "return 0;";

/** The first stage: which ranges are looked at at all. */
export const rangeChecks: Exercise = {
  id: ID,
  title: "Check the range",
  task: "Write check_range: 0 for a range that may be tried, -EINVAL for one that is empty, reversed, not made of whole pages, or not in the private half of the realm's address space. kvm.arch.realm.ia_bits is the width of its addresses, 0 before the realm exists; the private half is the lower one.",
  starter: code(GOOD),
  check,
  hints: [
    "Six calls of the report have to do with the range alone: empty, reversed, unaligned at either side, shared half, no realm.",
    "The end is exclusive: a range may end where the private half ends. A realm of width 0 has no half that anything could lie in.",
    "if (<either end not a multiple of PAGE_SIZE>) return -EINVAL;\nif (<not start before end>) return -EINVAL;\nif (<end beyond 2 ** (ia_bits - 1)>) return -EINVAL;",
  ],
  wrongAnswers: [
    { problem: "empty", code: code(START, END, ORDER.replace(">=", ">"), HALF, GOOD) },
    { problem: "reversed", code: code(START, END, ORDER.replace(">=", "==="), HALF, GOOD) },
    { problem: "unaligned-start", code: code(END, ORDER, HALF, GOOD) },
    { problem: "unaligned-end", code: code(START, ORDER, HALF, GOOD) },
    { problem: "shared-half", code: code(START, END, ORDER, GOOD) },
    { problem: "last-of-half", code: code(START, END, ORDER, HALF.replace(">", ">="), GOOD) },
    { problem: "two-pages", code: code(START, END, "if (start_gpa < end_gpa) return -EINVAL;", HALF, GOOD) },
    {
      problem: "not-a-function",
      code: code(START, END, ORDER, HALF).replace("): number {", "): any {"),
    },
  ],
  solution: {
    code: code(START, END, ORDER, HALF, GOOD),
    reasons:
      "All of it is a property of the request, so it is tested once, before anything is taken or done. The half needs the width of the realm's addresses; with a width of 0 nothing is in range, so the call before the realm exists is refused too, without a warning. An end that is in range also means that nothing wraps.",
  },
};
