// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { errnoName } from "../../base/errno.ts";
import { plural } from "../../base/plural.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { showRtt } from "../../view/rtt.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { rangeOf } from "./gpa-range-answer.ts";
import { callOf, RAM, rangeCell, storyMachine, tableCount } from "./story-labs.ts";

const ID = "00-four-tables";
const TABLES = 4;
const FEWEST_PAGES = 2;
/** More pages than the machine of the exercise has. */
const TOO_MANY = 4096;

function check(answer: unknown): Problem | undefined {
  const range = rangeOf(answer);
  if (!("start" in range)) return range;
  const { start, end } = range;
  if (start === RAM && end === RAM) return untouched("The range is still empty: it ends where it starts.");
  if (start >= end) {
    return {
      id: "reversed",
      message: "A range that ends where it starts, or before, maps nothing, and so it needs no table.",
      call: callOf(start, end),
    };
  }
  const pages = Math.ceil((end - start) / PAGE_SIZE);
  if (pages > TOO_MANY) {
    return {
      id: "huge",
      message: `${pages} pages are more than this machine has. A handful is enough.`,
      call: callOf(start, end),
    };
  }
  const machine = storyMachine();
  const before = tableCount(machine);
  const result = tsmMap(machine.vmm, machine.device, start, end);
  const made = tableCount(machine) - before;
  const facts = {
    call: callOf(start, end),
    expected: `0, ${TABLES} tables made, as few pages as possible`,
    came: `${errnoName(result)}, ${plural(made, "table")} made, ${plural(pages, "page")}`,
    picture: showRtt(machine.vmm.host),
  };
  if (result !== 0) {
    return {
      id: "outside",
      message: "The range leaves the guest's memory, 0x8000_0000 to 0x1_0000_0000.",
      ...facts,
    };
  }
  if (made !== TABLES) {
    return {
      id: made < 3 ? "two-tables" : "three-tables",
      message:
        made < 3
          ? "All pages of the range lie under one entry of the level 1 table and one of level 2: a table for each."
          : "The range crosses from one table of level 3 into the next, but both hang from the same table of level 2.",
      ...facts,
    };
  }
  if (pages > FEWEST_PAGES) {
    return {
      id: "not-smallest",
      message: "Four tables it is. The same four can be had with fewer pages.",
      ...facts,
    };
  }
  return undefined;
}

/** Where tables meet. */
export const fourTables: Exercise = {
  id: ID,
  title: "Four tables",
  task: "Nothing is mapped yet. Find the smallest range, in pages, for which the ioctl has four translation tables made.",
  starter: rangeCell(ID, "0x8000_0000", "0x8000_0000"),
  check,
  hints: [
    "showRtt above: which tables were made for the first eight pages, and which entry of the level 1 table do they hang from?",
    "A table of level 3 covers 2 MiB, one of level 2 covers 1 GiB. Two pages that are neighbours can hang from two different tables.",
    "The two pages on both sides of a multiple of 1 GiB inside the guest's memory.",
  ],
  wrongAnswers: [
    { problem: "two-tables", code: rangeCell(ID, "0x8000_0000", "0x8000_1000") },
    { problem: "three-tables", code: rangeCell(ID, "0x801f_f000", "0x8020_1000") },
    { problem: "not-smallest", code: rangeCell(ID, "0xbfff_0000", "0xc001_0000") },
    { problem: "reversed", code: rangeCell(ID, "0xc000_1000", "0xbfff_f000") },
    { problem: "huge", code: rangeCell(ID, "0x8000_0000", "0x1_0000_0000") },
    { problem: "outside", code: rangeCell(ID, "0x7fff_f000", "0x8000_1000") },
  ],
  solution: {
    code: rangeCell(ID, "0xbfff_f000", "0xc000_1000"),
    reasons:
      "The pages on both sides of 0xc000_0000 hang from entries 2 and 3 of the level 1 table. Each needs a table of level 2 and one of level 3. So two pages can cost ten firmware calls for tables alone: four tables, each delegated and created, and two mappings that failed first.",
  },
};
