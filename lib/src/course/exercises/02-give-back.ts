// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { showGuestMemfd } from "../../view/gmem.ts";
import { type Exercise, labOf, type Problem, untouched } from "../exercise.ts";
import { allocatedPages, FILE, inodeOf, SLOT_GPA, vmWithFile } from "./gmem-labs.ts";

const ID = "02-give-back";
/** Pages of the file behind the second and the third page of the slot. */
const WANTED = [FILE.slotFrom + 1, FILE.slotFrom + 2];
const FROM = SLOT_GPA + PAGE_SIZE;
const TO = SLOT_GPA + 3 * PAGE_SIZE;

function misconception(gone: readonly number[]): [id: string, message: string] {
  if (gone.join() === "1,2") {
    return [
      "offset-in-slot",
      "This is the offset counted from the start of the slot. fallocate counts from the start of the file, and the slot begins at page 2 of it.",
    ];
  }
  const missing = WANTED.filter((page) => !gone.includes(page));
  const more = gone.filter((page) => !WANTED.includes(page));
  if (more.length === 0) {
    return ["too-few", `Page ${missing[0]} of the file is still there. The range has two pages.`];
  }
  if (missing.length === 0) {
    return [
      "too-many",
      `Page ${more[0]} of the file went, too. fallocate takes an offset and a length, not an end.`,
    ];
  }
  return ["other-pages", "Other pages of the file are gone than the ones behind these addresses."];
}

function check(answer: unknown): Problem | undefined {
  const lab = labOf(answer, ID);
  if (!("vmm" in lab)) return lab;
  if (inodeOf(lab.vmm) === undefined) {
    return {
      id: "closed",
      message: "The file is closed, and all of its pages are gone. Six of the eight were to stay.",
    };
  }
  const left = allocatedPages(lab.vmm);
  const gone = Array.from({ length: FILE.pages }, (_, page) => page).filter((page) => !left.includes(page));
  if (gone.length === 0) return untouched("Nothing was given back yet: all eight pages are still there.");
  if (gone.join() === WANTED.join()) return undefined;
  const [id, message] = misconception(gone);
  return {
    id,
    message,
    expected: `pages ${WANTED.join(", ")} of the file gone`,
    came: `${gone.join(", ")} gone`,
    picture: showGuestMemfd(lab.host),
  };
}

function code(...lines: string[]): string {
  return [`const lab = exercise("${ID}");`, ...lines, `check("${ID}", lab);`].join("\n");
}

function hole(offset: string, length: string): string {
  return `lab.sys.fallocate(lab.guestMemfd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, ${offset}, ${length});`;
}

/** From guest addresses to offsets in the file. */
export const giveMemoryBack: Exercise = {
  id: ID,
  title: "Give two pages back",
  task: `All eight pages of the file are allocated. Give the memory behind the guest addresses ${hex(FROM)} to ${hex(TO)} (end excluded) back to the host, and nothing else.`,
  starter: code("// a system call on lab.guestMemfd, with lab.sys"),
  prepare: () => vmWithFile(FILE.pages),
  check,
  hints: [
    `Look at the last column: showGuestMemfd(exercise("${ID}").host). It says which guest address stands at which page of the file.`,
    "page of the file = gfn - base_gfn + gmem.pgoff. fallocate wants it in bytes, and it wants the length, not the end.",
    "lab.sys.fallocate(lab.guestMemfd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, <offset>, <length>);",
  ],
  wrongAnswers: [
    { problem: "offset-in-slot", code: code(hole("PAGE_SIZE", "2 * PAGE_SIZE")) },
    { problem: "too-few", code: code(hole("3 * PAGE_SIZE", "PAGE_SIZE")) },
    { problem: "too-many", code: code(hole("3 * PAGE_SIZE", "5 * PAGE_SIZE")) },
    { problem: "other-pages", code: code(hole("2 * PAGE_SIZE", "2 * PAGE_SIZE")) },
    { problem: "closed", code: code("lab.sys.close(lab.guestMemfd);") },
    { problem: "starter", code: code(hole("0x8000_1000", "2 * PAGE_SIZE")) },
  ],
  solution: {
    code: code(hole("3 * PAGE_SIZE", "2 * PAGE_SIZE")),
    reasons:
      "The second page of the slot is page 2 + 1 of the file. A guest address taken for an offset lies far behind the end of this file, and there a hole returns 0 and frees nothing: an error that a VMM does not notice.",
  },
};
