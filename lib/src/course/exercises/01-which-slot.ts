// SPDX-License-Identifier: MIT
import { gpaToGfn, hex } from "../../base/address.ts";
import { gfn_to_memslot } from "../../kernel/kvm/memslots.ts";
import type { Vmm } from "../../user/vmm.ts";
import { vmOf } from "../../view/find.ts";
import { showMemslots } from "../../view/memslots.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { vmWithSlots } from "./memslot-labs.ts";

const ID = "01-which-slot";
const ADDRESSES = [0x8000_0000, 0x8000_3fff, 0x8000_4000, 0x8000_6008, 0x8000_8000, 0x8000_c000];

function prepare(): Vmm {
  return vmWithSlots(8, [
    { slot: 0, gpa: 0x8000_0000, pages: 4, filePage: 0 },
    { slot: 7, gpa: 0x8000_8000, pages: 4, filePage: 4 },
  ]);
}

/** What a wrong entry shows, from the place in the list and the entry. */
function misconception(
  index: number,
  given: unknown,
  all: readonly unknown[],
): [id: string, message: string] {
  if (index === 1) {
    return [
      "last-byte",
      "Slots hold whole pages. This is the last byte of the fourth page, and its frame number is that of the page.",
    ];
  }
  if ((index === 2 || index === 5) && all[3] === "none") {
    return [
      "end-inclusive",
      "This is the first byte after the slot. A slot ends before base_gfn + npages, that frame excluded.",
    ];
  }
  if (index === 2 || index === 3 || index === 5) {
    return [
      "hole-filled",
      "Between two slots there is no memory: an address in a hole belongs to no slot at all.",
    ];
  }
  if (index === 4 && given === 1) {
    return [
      "position",
      "A slot is known by the id that the VMM gave it, not by its place in the address space.",
    ];
  }
  return ["wrong-slot", "Compare the address with the ranges in the picture."];
}

function check(answer: unknown): Problem | undefined {
  if (!Array.isArray(answer) || answer.length !== ADDRESSES.length) {
    return {
      id: "no-list",
      message: `The answer is a list of ${ADDRESSES.length} entries, each the id of a slot or "none".`,
      came: Array.isArray(answer) ? `${answer.length} entries` : typeof answer,
    };
  }
  if (answer.every((entry) => entry === "?"))
    return untouched('Put a slot id or "none" in place of each question mark.');
  const { host } = prepare();
  for (const [index, address] of ADDRESSES.entries()) {
    const expected = gfn_to_memslot(vmOf(host), gpaToGfn(address))?.id ?? "none";
    const given: unknown = answer[index];
    if (given === expected) continue;
    const [id, message] = misconception(index, given, answer);
    return {
      id,
      message,
      call: `gfn_to_memslot(kvm, ${hex(gpaToGfn(address))}), the frame of ${hex(address)}`,
      expected: expected === "none" ? "none" : `slot ${expected}`,
      came: String(given),
      picture: showMemslots(host),
    };
  }
  return undefined;
}

function code(entries: string): string {
  return `const slots = [${entries}];\ncheck("${ID}", slots);`;
}

/** From guest addresses to slots. */
export const whichSlot: Exercise = {
  id: ID,
  title: "Which slot?",
  task: `For each of ${ADDRESSES.map(hex).join(", ")}: the id of the slot that holds the address, or "none".`,
  starter: code('"?", "?", "?", "?", "?", "?"'),
  prepare,
  check,
  hints: [
    `Look at the picture: showMemslots(exercise("${ID}").host). Each row gives the first address and the one after the last.`,
    "A slot covers the frames base_gfn <= gfn < base_gfn + npages. Anything else belongs to no slot.",
    'Six entries, for example [0, 0, "none", ...]. The ids are 0 and 7.',
  ],
  wrongAnswers: [
    { problem: "end-inclusive", code: code('0, 0, 0, "none", 7, 7') },
    { problem: "hole-filled", code: code("0, 0, 0, 0, 7, 7") },
    { problem: "last-byte", code: code('0, "none", "none", "none", 7, "none"') },
    { problem: "position", code: code('0, 0, "none", "none", 1, "none"') },
  ],
  solution: {
    code: code('0, 0, "none", "none", 7, "none"'),
    reasons:
      "The address becomes a frame number first, so every byte of a page has the same answer. A slot ends before base_gfn + npages, and holes belong to nobody.",
  },
};
