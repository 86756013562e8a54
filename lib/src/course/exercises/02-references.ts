// SPDX-License-Identifier: MIT
import { gpaToGfn, PAGE_SIZE } from "../../base/address.ts";
import { runStraight } from "../../base/task.ts";
import { FALLOC_FL_KEEP_SIZE } from "../../kernel/fs/uapi.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../../kernel/kvm/gmem-get-pfn.ts";
import { gfn_to_memslot, type kvm_memory_slot } from "../../kernel/kvm/memslots.ts";
import { NO_PAGE } from "../../kernel/mm/pages.ts";
import { vmOf } from "../../view/find.ts";
import { tablePicture } from "../../view/table.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { FILE, inodeOf, pageOf, SLOT_GPA, vmWithFile } from "./gmem-labs.ts";

const ID = "02-references";
const MOMENTS = [
  ["allocated", "after fallocate"],
  ["first", "after A has looked the page up"],
  ["second", "after B has looked it up as well"],
  ["givenBack", "after A has given its reference back"],
  ["punched", "after a hole was punched there"],
] as const;

/** References on the frame at each moment, counted on a machine. */
function measured(): Map<string, number> {
  const vmm = vmWithFile(0);
  const { host } = vmm;
  const kvm = vmOf(host);
  const gfn = gpaToGfn(SLOT_GPA);
  const fd = vmm.memory[0]?.guestMemfd ?? -1;
  host.sys.fallocate(fd, FALLOC_FL_KEEP_SIZE, FILE.slotFrom * PAGE_SIZE, PAGE_SIZE);
  const frame = pageOf(inodeOf(vmm), FILE.slotFrom);
  const counts = new Map<string, number>();
  const note = (moment: string): unknown => counts.set(moment, host.kernel.pages.page_count(frame));
  const lookUp = (): void => {
    const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
    runStraight(kvm_gmem_get_pfn(kvm, gfn_to_memslot(kvm, gfn) as kvm_memory_slot, gfn, found));
  };
  note("allocated");
  lookUp();
  note("first");
  lookUp();
  note("second");
  host.kernel.pages.put_page(frame);
  note("givenBack");
  for (const memory of vmm.memory) vmm.punchHole(memory, FILE.slotFrom * PAGE_SIZE, PAGE_SIZE);
  note("punched");
  return counts;
}

function misconception(moment: string, given: unknown): [id: string, message: string] {
  if (moment === "allocated" && given === 0) {
    return [
      "cache-forgotten",
      "fallocate gives its own reference back, but the page cache of the file keeps one. Without it the page would be free again.",
    ];
  }
  if (moment === "first" && given === 1) {
    return [
      "caller-forgotten",
      "The page cache keeps its reference, and kvm_gmem_get_pfn takes another one for the caller.",
    ];
  }
  if (moment === "second" && given === 2) {
    return [
      "one-for-all",
      "Each successful look-up takes a reference of its own, also on a page that exists.",
    ];
  }
  if (moment === "punched" && given === 0) {
    return [
      "hole-frees",
      "The hole takes the page out of the file and drops the reference of the page cache. B still holds the frame, so nobody else gets it.",
    ];
  }
  if (moment === "punched" && given === 2) {
    return [
      "hole-keeps",
      "A hole does not wait for those who hold the page: it takes the page out of the file, and the reference of the page cache goes.",
    ];
  }
  return ["other-count", "The count is another one."];
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "object" || answer === null || !MOMENTS.every(([moment]) => moment in answer)) {
    return {
      id: "no-counts",
      message: `The answer is an object with a number for each of ${MOMENTS.map(([moment]) => moment).join(", ")}.`,
    };
  }
  const given = answer as Record<string, unknown>;
  if (MOMENTS.every(([moment]) => given[moment] === "?"))
    return untouched("Put a number in place of each question mark.");
  const counts = measured();
  for (const [index, [moment, words]] of MOMENTS.entries()) {
    if (given[moment] === counts.get(moment)) continue;
    const [id, message] = misconception(moment, given[moment]);
    return {
      id,
      message,
      call: `references ${words}`,
      expected: String(counts.get(moment)),
      came: String(given[moment]),
      picture: tablePicture({
        title: "References on the frame",
        head: ["moment", "references"],
        rows: MOMENTS.slice(0, index + 1).map(([one, text]) => [text, String(counts.get(one))]),
      }),
    };
  }
  return undefined;
}

function code(...counts: readonly (number | string)[]): string {
  const lines = MOMENTS.map(([moment, words], i) => `  ${moment}: ${counts[i]}, // ${words}`);
  return ["const references = {", ...lines, "};", `check("${ID}", references);`].join("\n");
}

/** The books of one frame. */
export const pageReferences: Exercise = {
  id: ID,
  title: "Five moments of a frame",
  task: "One page of the file: fallocate allocates it; a caller A looks it up; a caller B looks it up; A gives its reference back; the VMM punches a hole there. How many references are on the frame after each step?",
  starter: code('"?"', '"?"', '"?"', '"?"', '"?"'),
  check,
  hints: [
    "The steps above did nearly the same: look at the column of references in the pictures.",
    "The page cache holds one reference on each page that it has, and drops it when the page leaves the file. Each look-up takes one more, and put_page drops one.",
    "Begin with 1, and add or take away 1 at each step.",
  ],
  wrongAnswers: [
    { problem: "cache-forgotten", code: code(0, 1, 2, 1, 0) },
    { problem: "caller-forgotten", code: code(1, 1, 1, 1, 0) },
    { problem: "one-for-all", code: code(1, 2, 2, 1, 0) },
    { problem: "hole-frees", code: code(1, 2, 3, 2, 0) },
    { problem: "hole-keeps", code: code(1, 2, 3, 2, 2) },
  ],
  solution: {
    code: code(1, 2, 3, 2, 1),
    reasons:
      "The page cache owns one reference as long as the page is in the file, each successful look-up owns one until it calls put_page. After the hole only B's is left: the frame is in no file, and in use.",
  },
};
