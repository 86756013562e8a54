// SPDX-License-Identifier: MIT
import { gpaToGfn, hex, PAGE_SIZE } from "../../base/address.ts";
import { errnoName } from "../../base/errno.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { showRtt } from "../../view/rtt.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { rangeOf } from "./gpa-range-answer.ts";
import { RAM, realmWithRam } from "./map-labs.ts";

const ID = "07-three-of-four";
const PAGES = 8;
const END = RAM + PAGES * PAGE_SIZE;

function check(answer: unknown): Problem | undefined {
  const range = rangeOf(answer);
  if (!("start" in range)) return range;
  const { start: from, end: to } = range;
  if (from === RAM && to === RAM) return untouched("The range is still empty.");
  const { vmm, device } = realmWithRam(PAGES);
  const result = tsmMap(vmm, device, from, to);
  const touched = to > from ? gpaToGfn(to - 1) - gpaToGfn(from) + 1 : 0;
  const mapped = mappedPages(vmm.host, RAM, END).length;
  const facts = {
    call: `TSM_MAP of ${hex(from)} to ${hex(to)}`,
    expected: "0, 4 pages touched, 3 of them mapped",
    came: `${errnoName(result)}, ${touched} touched, ${mapped} mapped`,
    picture: showRtt(vmm.host),
  };
  if (result !== 0) {
    return {
      id: "not-zero",
      message:
        "Three pages and an error is what an end outside the slot gives. Here the ioctl is to return 0, as if all were well.",
      ...facts,
    };
  }
  if (touched !== 4) {
    return {
      id: "touches-other",
      message: "The range has a byte in another number of pages than four.",
      ...facts,
    };
  }
  if (mapped === 4) {
    return {
      id: "maps-all",
      message:
        "All four are mapped. An end in the middle of a page does no harm: that page is still reached. Look at the other end.",
      ...facts,
    };
  }
  return undefined;
}

function code(start: string, end: string): string {
  return `const range = { start_gpa: ${start}, end_gpa: ${end} };\ncheck("${ID}", range);`;
}

/** The page that the loop forgets. */
export const threeOfFour: Exercise = {
  id: ID,
  title: "Three of four",
  task: `A realm has ${PAGES} pages at ${hex(RAM)}. Find a range that touches exactly four pages, for which the ioctl returns 0, and of which only three are mapped.`,
  starter: code("0x8000_0000", "0x8000_0000"),
  check,
  hints: [
    "for (addr = start_gpa; addr < end_gpa; addr += PAGE_SIZE): write down addr for each turn of a range that does not start at a page.",
    "With a start in the middle of a page, the turns are a page apart and stay in the middle. The last page is missed when the end lies before its middle.",
    "{ start_gpa: 0x8000_0<something>, end_gpa: 0x8000_3<less or the same> }",
  ],
  wrongAnswers: [
    { problem: "touches-other", code: code("0x8000_0000", "0x8000_3000") },
    { problem: "maps-all", code: code("0x8000_0000", "0x8000_3800") },
    { problem: "not-zero", code: code("0x8000_5000", "0x8000_9000") },
  ],
  solution: {
    code: code("0x8000_0800", "0x8000_3800"),
    reasons:
      "The turns are at 0x8000_0800, 0x8000_1800 and 0x8000_2800; realm_map_ipa rounds each down to its page. 0x8000_3800 is not below the end any more, so the page at 0x8000_3000 is missed, and nobody is told. A check of the alignment in the handler would have ended this with -EINVAL.",
  },
};
