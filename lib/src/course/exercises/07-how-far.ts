// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { errnoName } from "../../base/errno.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { type MapLab, RAM, realmWithRam } from "./map-labs.ts";

const ID = "07-how-far";

/** The ioctl as a function: a range in bytes, end exclusive; 0 or a negative errno. */
export type MapRange = (start_gpa: number, end_gpa: number) => number;

/** A range to be mapped, and pages of the slots that it may run out of. */
interface Case {
  readonly slots: readonly (readonly [gpa: number, pages: number])[];
  readonly pages: number;
  readonly start: number;
}

const CASES: readonly Case[] = [
  { slots: [[RAM, 4]], start: RAM, pages: 4 },
  { slots: [[RAM, 4]], start: RAM, pages: 6 },
  { slots: [[RAM, 4]], start: RAM + 4 * PAGE_SIZE, pages: 2 },
  {
    slots: [
      [RAM, 2],
      [RAM + 3 * PAGE_SIZE, 2],
    ],
    start: RAM,
    pages: 5,
  },
];

function realmOf({ slots }: Case): MapLab {
  const [[, pages = 0] = [], ...more] = slots;
  const lab = realmWithRam(pages);
  for (const [gpa, count] of more) lab.vmm.addMemory({ gpa, size: count * PAGE_SIZE });
  return lab;
}

/** First address of the case that is in no slot, or the end of its range. */
function firstHole({ slots, start, pages }: Case): number {
  const inSlot = (gpa: number): boolean =>
    slots.some(([base, count]) => gpa >= base && gpa < base + count * PAGE_SIZE);
  let gpa = start;
  while (gpa < start + pages * PAGE_SIZE && inSlot(gpa)) gpa += PAGE_SIZE;
  return gpa;
}

type Caller = (map: MapRange, start_gpa: number, end_gpa: number) => unknown;

interface Outcome {
  readonly one: Case;
  readonly came: unknown;
  /** Calls that were made, as ranges. */
  readonly calls: readonly string[];
  readonly mapped: readonly number[];
  readonly audit: readonly string[];
}

function play(caller: Caller, one: Case): Outcome {
  const { vmm, device } = realmOf(one);
  const calls: string[] = [];
  const end = one.start + one.pages * PAGE_SIZE;
  const map: MapRange = (from, to) => {
    calls.push(`${hex(from)} to ${hex(to)}`);
    return tsmMap(vmm, device, from, to);
  };
  let came: unknown;
  try {
    came = caller(map, one.start, end);
  } catch (error) {
    came = error instanceof Error ? error : new Error(String(error));
  }
  return { one, came, calls, mapped: mappedPages(vmm.host, RAM, end), audit: vmm.host.audit() };
}

function shown(value: unknown): string {
  if (typeof value !== "number") return String(value);
  return value < 0 ? errnoName(value) : hex(value);
}

function problemOf({ one, came, calls, mapped, audit }: Outcome): Problem | undefined {
  const end = one.start + one.pages * PAGE_SIZE;
  const expected = firstHole(one);
  const facts = {
    call: `howFar(map, ${hex(one.start)}, ${hex(end)}), which called map ${calls.length} times`,
    expected: hex(expected),
    came: shown(came),
  };
  if (came instanceof Error)
    return { id: "throws", message: "The function threw.", ...facts, came: came.message };
  if (audit.length > 0) {
    return {
      id: "leaks",
      message:
        "Pages were mapped again that were mapped already. Each repeat takes one more reference on the page, and nobody ever drops it.",
      ...facts,
      expected: "an audit that finds nothing",
      came: audit[0] as string,
    };
  }
  if (mapped.some((gpa) => gpa >= expected)) {
    return {
      id: "goes-on",
      message: "Pages behind the first hole are mapped. The caller must stop at the first error.",
      ...facts,
      came: `${hex(mapped.find((gpa) => gpa >= expected) as number)} is mapped`,
    };
  }
  if (typeof came === "number" && came < 0) {
    return {
      id: "errno",
      message:
        "That is the error, and it says only that some page could not be mapped, not which. Return the address that was reached.",
      ...facts,
    };
  }
  if (came === expected) return undefined;
  if (calls.length === 1) {
    return {
      id: "one-call",
      message:
        "One call for the whole range cannot tell: on an error nothing is written back, and the pages before the error stay mapped. Ask so that an error can mean one page only.",
      ...facts,
    };
  }
  return {
    id: "other-address",
    message: "The function returns another address than that of the first page that could not be mapped.",
    ...facts,
  };
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function: howFar(map, start_gpa, end_gpa).",
      came: typeof answer,
    };
  }
  const outcomes = CASES.map((one) => play(answer as Caller, one));
  if (outcomes.every(({ one, came, calls }) => came === one.start && calls.length === 0)) {
    return untouched("The function maps nothing yet.");
  }
  for (const outcome of outcomes) {
    const problem = problemOf(outcome);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function code(...body: string[]): string {
  return [
    "function howFar(map: MapRange, start_gpa: number, end_gpa: number): number {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", howFar);`,
  ].join("\n");
}

const TURN = "for (let gpa = start_gpa; gpa < end_gpa; gpa += PAGE_SIZE) {";

/** What user space can know of partial progress. */
export const howFar: Exercise = {
  id: ID,
  title: "How far did it get?",
  task: "You are the VMM. map(start_gpa, end_gpa) is the ioctl: 0 or a negative errno. Map a range of whole pages up to the first page that cannot be mapped, nothing behind it, and return the address of that page, or end_gpa when all are mapped. No page may lose a reference on the way.",
  starter: code("return start_gpa;"),
  check,
  hints: [
    "What does the ioctl tell when it fails? Look at what came back above: one number, and the structure has no field for the rest.",
    "Calling again for a page that is mapped returns 0 and leaks a reference on it. So each page may be in one successful call only, and a call that fails must not have mapped anything.",
    "One page in each call; stop at the first that does not return 0, and return its address.",
  ],
  wrongAnswers: [
    { problem: "one-call", code: code("return map(start_gpa, end_gpa) === 0 ? end_gpa : start_gpa;") },
    {
      problem: "leaks",
      code: code(TURN, "  if (map(start_gpa, gpa + PAGE_SIZE) !== 0) return gpa;", "}", "return end_gpa;"),
    },
    {
      problem: "goes-on",
      code: code(
        "let reached = end_gpa;",
        TURN,
        "  if (map(gpa, gpa + PAGE_SIZE) !== 0) reached = Math.min(reached, gpa);",
        "}",
        "return reached;",
      ),
    },
    {
      problem: "errno",
      code: code(
        TURN,
        "  const result = map(gpa, gpa + PAGE_SIZE);",
        "  if (result !== 0) return result;",
        "}",
        "return end_gpa;",
      ),
    },
    {
      problem: "other-address",
      code: code(
        TURN,
        "  if (map(gpa, gpa + PAGE_SIZE) !== 0) return gpa - PAGE_SIZE;",
        "}",
        "return end_gpa;",
      ),
    },
  ],
  solution: {
    code: code(TURN, "  if (map(gpa, gpa + PAGE_SIZE) !== 0) return gpa;", "}", "return end_gpa;"),
    reasons:
      "After an error of a longer range, user space cannot know where it stopped, and it must not ask again from the start, since each repeat leaks. One page in each call is the only size whose error is exact. Even so, a page that a vCPU has faulted in before costs a reference, and nothing tells. A better interface reports progress: KVM_PRE_FAULT_MEMORY moves gpa and size forward as it goes.",
  },
};
