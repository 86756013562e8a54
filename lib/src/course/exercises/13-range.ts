// SPDX-License-Identifier: MIT
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { PAGES_OF_LEVEL_2 } from "./cost-labs.ts";

const ID = "13-range";

/**
 * Firmware calls of RMM 2.0 for an aligned range from an empty realm with three levels: contiguous memory, mapped as
 * blocks of 2 MiB. A projection from the interface; nothing here makes these calls.
 *
 * @param pages a multiple of 512
 * @param perCall granules that one call delegates
 */
export function rangeCalls(pages: number, perCall: number): number {
  const upperTables = Math.ceil(pages / PAGES_OF_LEVEL_2);
  // For each table: the call that finds it missing, its delegation, its creation, and the call that fills it.
  return Math.ceil(pages / perCall) + 4 * upperTables;
}

const CASES: readonly {
  readonly pages: number;
  readonly perCall: number;
  readonly id: string;
  readonly message: string;
}[] = [
  {
    pages: 512,
    perCall: 1,
    id: "one-block",
    message:
      "One block: 512 granules are delegated one by one; then a map call that finds no table at level 2, its delegation, its creation, and the map call again.",
  },
  {
    pages: 2 ** 18,
    perCall: 1,
    id: "blocks-one-by-one",
    message: "A map call enters as many blocks as the table at level 2 has room for, up to 512 at once.",
  },
  {
    pages: 2 ** 18,
    perCall: 2 ** 18,
    id: "delegates-one-by-one",
    message: "Here one call delegates the whole gibibyte.",
  },
  {
    pages: 2 ** 19,
    perCall: 1,
    id: "one-table",
    message:
      "The second gibibyte needs a table at level 2 of its own, and a map call does not go on into it.",
  },
  {
    pages: 2 ** 18 + 512,
    perCall: 2 ** 18,
    id: "rounds-down",
    message: "What is begun counts: a call for the rest, and a table for it.",
  },
];

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is the function rangeCalls(pages, perCall).",
      came: typeof answer,
    };
  }
  const given = (pages: number, perCall: number): unknown => {
    try {
      return (answer as (pages: number, perCall: number) => unknown)(pages, perCall);
    } catch (error) {
      return `threw ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  if (CASES.every(({ pages, perCall }) => given(pages, perCall) === 0))
    return untouched("The function counts no calls yet.");
  for (const { pages, perCall, id, message } of CASES) {
    const expected = rangeCalls(pages, perCall);
    const came = given(pages, perCall);
    if (came === expected) continue;
    return {
      id,
      message,
      call: `rangeCalls(${pages}, ${perCall})`,
      expected: String(expected),
      came: String(came),
    };
  }
  return undefined;
}

function code(...body: string[]): string {
  return [
    "function rangeCalls(pages: number, perCall: number): number {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", rangeCalls);`,
  ].join("\n");
}

const GIB = "const gibibytes = Math.ceil(pages / 2 ** 18);";

/** What ranges would cost. */
export const countRanges: Exercise = {
  id: ID,
  title: "The bill of RMM 2.0",
  task: "Count the calls of RMM 2.0 for a range of whole 2 MiB blocks, from an empty realm with three levels. One delegation takes perCall granules. A map call enters blocks into one table of level 2. Each such table is found missing by a map call, then delegated and created.",
  starter: code("return 0;"),
  check,
  hints: [
    "Count the delegations of the guest's pages first, then everything that comes once for each table of level 2.",
    "A table of level 2 is for 1 GiB, which is 2 ** 18 pages. For each: a map call in vain, a delegation, a creation, a map call. Blocks need no table of level 3.",
    "return Math.ceil(pages / perCall) + <calls for each table> * Math.ceil(pages / 2 ** 18);",
  ],
  wrongAnswers: [
    { problem: "one-block", code: code(GIB, "return Math.ceil(pages / perCall) + 3 * gibibytes;") },
    {
      problem: "blocks-one-by-one",
      code: code(GIB, "return Math.ceil(pages / perCall) + pages / 512 + 3 * gibibytes;"),
    },
    { problem: "delegates-one-by-one", code: code(GIB, "return pages + 4 * gibibytes;") },
    { problem: "one-table", code: code("return Math.ceil(pages / perCall) + 4;") },
    {
      problem: "rounds-down",
      code: code("return Math.ceil(pages / perCall) + 4 * Math.max(1, Math.floor(pages / 2 ** 18));"),
    },
  ],
  solution: {
    code: code(GIB, "return Math.ceil(pages / perCall) + 4 * gibibytes;"),
    reasons:
      "Four calls for each gibibyte, and the delegations. So it is not the mapping any more that decides, but how many granules one delegation takes: with one, as the firmware of July 2026 does it, half of the calls of 2025 remain.",
  },
};
