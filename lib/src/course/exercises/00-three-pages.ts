// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { errnoName } from "../../base/errno.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { showRtt } from "../../view/rtt.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { rangeOf } from "./gpa-range-answer.ts";
import { callOf, RAM, rangeCell, storyMachine } from "./story-labs.ts";

const ID = "00-three-pages";
const FIRST = RAM + 5 * PAGE_SIZE;
const WANTED = [FIRST, FIRST + PAGE_SIZE, FIRST + 2 * PAGE_SIZE];

function check(answer: unknown): Problem | undefined {
  const range = rangeOf(answer);
  if (!("start" in range)) return range;
  const { start, end } = range;
  if (start === FIRST && end === FIRST)
    return untouched("The range is still empty: it ends where it starts.");
  const { vmm, device } = storyMachine();
  const result = tsmMap(vmm, device, start, end);
  // Wherever the range lies, a few pages around the wanted ones tell what is wrong.
  const mapped = mappedPages(vmm.host, RAM, RAM + 16 * PAGE_SIZE);
  const facts = {
    call: callOf(start, end),
    expected: `0, and the pages ${WANTED.map(hex).join(", ")}`,
    came: `${errnoName(result)}, and ${mapped.length === 0 ? "none" : mapped.map(hex).join(", ")}`,
    picture: showRtt(vmm.host),
  };
  if (start >= end) {
    return {
      id: "reversed",
      message: "A range that ends before it starts maps nothing, and is no error.",
      ...facts,
    };
  }
  if (mapped[0] !== FIRST) {
    return { id: "elsewhere", message: `The first page to be mapped is the one at ${hex(FIRST)}.`, ...facts };
  }
  if (mapped.length < 3) {
    return {
      id: "too-few",
      message: "The end of the range is excluded: it is the address after the last byte, not the last page.",
      ...facts,
    };
  }
  if (mapped.length > 3) {
    return { id: "too-many", message: "More than three pages have a byte in the range.", ...facts };
  }
  return undefined;
}

/** The first call that a learner makes. */
export const threePages: Exercise = {
  id: ID,
  title: "Exactly three pages",
  task: `Find the range for which the ioctl maps three pages, the first of them at ${hex(FIRST)}.`,
  starter: rangeCell(ID, "0x8000_5000", "0x8000_5000"),
  check,
  hints: [
    "Look at the bytes of the structure above: eight pages from 0x8000_0000 were given as 0x8000_0000 to 0x8000_8000.",
    "A page is 4096 bytes, 0x1000. The end of the range is excluded.",
    "end_gpa is start_gpa plus three times 0x1000.",
  ],
  wrongAnswers: [
    { problem: "too-few", code: rangeCell(ID, "0x8000_5000", "0x8000_7000") },
    { problem: "too-many", code: rangeCell(ID, "0x8000_5000", "0x8000_9000") },
    { problem: "elsewhere", code: rangeCell(ID, "0x8000_0000", "0x8000_3000") },
    { problem: "reversed", code: rangeCell(ID, "0x8000_5000", "0x8000_3000") },
  ],
  solution: {
    code: rangeCell(ID, "0x8000_5000", "0x8000_8000"),
    reasons:
      "The loop runs while addr < end_gpa and steps by PAGE_SIZE: 0x8000_5000, 0x8000_6000, 0x8000_7000. An end in the middle of the third page would map it, too; the patch checks no alignment.",
  },
};
