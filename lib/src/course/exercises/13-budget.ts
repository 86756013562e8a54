// SPDX-License-Identifier: MIT
import { plural } from "../../base/plural.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { PAGES_OF_REGION, tsmMapCalls } from "./cost-labs.ts";

const ID = "13-budget";
const BUDGET = 1_000_000;
const IPA_BITS = 40;

function callsOf(regions: number): number {
  return tsmMapCalls(IPA_BITS, regions * PAGES_OF_REGION);
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "number" || !Number.isInteger(answer) || answer < 0) {
    return {
      id: "no-number",
      message: "The answer is a whole number of regions of 2 MiB.",
      came: String(answer),
    };
  }
  if (answer === 0) return untouched("The number is still 0.");
  const facts = {
    call: `TSM_MAP of ${answer} regions of 2 MiB`,
    expected: `at most ${BUDGET} firmware calls, and as many regions as possible`,
    came: plural(callsOf(answer), "call"),
  };
  if (answer === Math.floor(BUDGET / (2 * PAGES_OF_REGION))) {
    return { id: "no-tables", message: "This counts the pages alone. The tables cost calls, too.", ...facts };
  }
  if (callsOf(answer) > 1.5 * BUDGET) {
    return {
      id: "too-many-by-far",
      message: "Far too many: each region has 512 pages, each page costs two calls.",
      ...facts,
    };
  }
  if (callsOf(answer) > BUDGET)
    return { id: "over", message: "This is over the budget, by a little.", ...facts };
  if (callsOf(answer + 1) <= BUDGET)
    return { id: "room-left", message: "There is room for another region.", ...facts };
  return undefined;
}

function code(regions: number | string): string {
  return `const regionsInBudget = ${regions};\ncheck("${ID}", regionsInBudget);`;
}

/** A range for a given number of calls. */
export const callBudget: Exercise = {
  id: ID,
  title: "A million calls",
  task: "A VMM may spend a million firmware calls on TSM_MAP before the guest starts: 40 IPA bits, no tables yet, memory from a 1 GiB boundary. How many whole regions of 2 MiB can it map?",
  starter: code(0),
  check,
  hints: [
    "What does one region cost, with all that belongs to it? You have the count for 512 pages, and for 1024.",
    "512 pages are 1024 calls; the table at level 3 costs two, and the refusal that finds it missing one. Every 512 regions need a table at level 2: two more.",
    "let regions = 0;\nwhile (1027 * (regions + 1) + 2 * Math.ceil((regions + 1) / 512) <= 1_000_000) regions++;",
  ],
  wrongAnswers: [
    { problem: "no-tables", code: code(976) },
    { problem: "too-many-by-far", code: code(1953) },
    { problem: "over", code: code(974) },
    { problem: "room-left", code: code(972) },
  ],
  solution: {
    code: code(973),
    reasons:
      "1027 calls for each region and 2 for each of the two tables of level 2: 973 regions cost 999275 calls. That is not quite 2 GiB. A machine with 1 TiB would need more than five hundred such budgets.",
  },
};
