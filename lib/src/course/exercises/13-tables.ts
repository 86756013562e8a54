// SPDX-License-Identifier: MIT
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { countedCalls, tablesBelowRoot } from "./cost-labs.ts";

const ID = "13-tables";

interface Case {
  readonly ipaBits: number;
  readonly pages: number;
  /** Whether the machine is asked; otherwise the formula, which a test holds to the machine. */
  readonly counted: boolean;
  readonly id: string;
  readonly message: string;
}

const CASES: readonly Case[] = [
  {
    ipaBits: 40,
    pages: 1,
    counted: true,
    id: "one-page",
    message: "One page needs a table at level 3 and one at level 2. The root was there.",
  },
  {
    ipaBits: 40,
    pages: 513,
    counted: true,
    id: "second-region",
    message: "513 pages lie in two regions of 2 MiB, each with a table at level 3; level 2 has one for both.",
  },
  {
    ipaBits: 34,
    pages: 512,
    counted: true,
    id: "two-levels",
    message: "With 34 bits the root is at level 2: there is only level 3 below it.",
  },
  {
    ipaBits: 48,
    pages: 512,
    counted: true,
    id: "four-levels",
    message: "With 48 bits the root is at level 0: a table at level 1 is missing, too.",
  },
  {
    ipaBits: 43,
    pages: 2 ** 28,
    counted: false,
    id: "one-tebibyte",
    message: "1 TiB needs more than one table at level 2, each of which is for 1 GiB.",
  },
];

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is the function tables(ipaBits, pages).",
      came: typeof answer,
    };
  }
  const tables = (one: Case): unknown => {
    try {
      return (answer as (ipaBits: number, pages: number) => unknown)(one.ipaBits, one.pages);
    } catch (error) {
      return `threw ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  if (CASES.every((one) => tables(one) === 0)) return untouched("The function counts no tables yet.");
  for (const one of CASES) {
    const { ipaBits, pages, counted, id, message } = one;
    const expected = counted
      ? (countedCalls(ipaBits, pages).get("RMI_RTT_CREATE") ?? 0)
      : tablesBelowRoot(ipaBits, pages);
    const came = tables(one);
    if (came === expected) continue;
    return {
      id,
      message,
      call: `tables(${ipaBits}, ${pages})`,
      expected: String(expected),
      came: String(came),
    };
  }
  return undefined;
}

function code(...body: string[]): string {
  return [
    "function tables(ipaBits: number, pages: number): number {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", tables);`,
  ].join("\n");
}

const LEVELS = "const levels = Math.max(2, Math.floor((ipaBits - 8) / 9));";

/** How many tables a range needs. */
export const countTables: Exercise = {
  id: ID,
  title: "How many tables?",
  task: "How many translation tables does an aligned range of so many pages need below the root, in a realm that has none yet? Give the number as a function of the IPA bits and the pages.",
  starter: code("return 0;"),
  check,
  hints: [
    "How much memory is one table for? At level 3 it is 2 MiB, and each level above has 512 times as much.",
    "Levels are floor((ipaBits - 8) / 9), at least 2, and the root is one of them. Sum up, for each level below the root, the pages divided by those that a table is for, rounded up.",
    "let count = 0;\nfor (let level = 1, covered = 512; level < levels; level++, covered *= 512) count += Math.ceil(...);\nreturn count;",
  ],
  wrongAnswers: [
    { problem: "one-page", code: code("return Math.ceil(pages / 512);") },
    { problem: "second-region", code: code("return 2 * Math.ceil(pages / 512);") },
    { problem: "two-levels", code: code("return Math.ceil(pages / 512) + Math.ceil(pages / 2 ** 18);") },
    {
      problem: "four-levels",
      code: code("return Math.ceil(pages / 512) + (ipaBits < 35 ? 0 : Math.ceil(pages / 2 ** 18));"),
    },
    { problem: "one-tebibyte", code: code(LEVELS, "return Math.ceil(pages / 512) + levels - 2;") },
  ],
  solution: {
    code: code(
      LEVELS,
      "let count = 0;",
      "for (let level = 1, covered = 512; level < levels; level++, covered *= 512) count += Math.ceil(pages / covered);",
      "return count;",
    ),
    reasons:
      "The last level has nearly all of them: one table for each 2 MiB, a five-hundred-and-twelfth of the memory. Each level above is 512 times smaller again.",
  },
};
