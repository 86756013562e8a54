// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { plural } from "../../base/plural.ts";
import type { Random } from "../../base/random.ts";
import type { DrillLevel, DrillPlan } from "./drill.ts";

/** A slot of the problem: guest frames and pages are counted from the start of RAM. */
interface SlotPlan {
  readonly id: number;
  /** First page of the slot, from the start of RAM. */
  readonly first: number;
  readonly pages: number;
  /** First page in the guest_memfd; `undefined` for a slot without one. */
  readonly filePage: number | undefined;
}

const RAM = 0x8000_0000;

/** Three to five slots with holes between some of them; the last page of the file is used once at most. */
function slotsOf(random: Random, mayLackFile: boolean): SlotPlan[] {
  const ids = [0, 1, 2, 3, 5, 7, 9];
  let first = random.below(3);
  let filePage = random.below(4);
  return Array.from({ length: 3 + random.below(3) }, () => {
    const id = ids.splice(random.below(ids.length), 1)[0] as number;
    const pages = 1 + random.below(6);
    const hasFile = !mayLackFile || random.below(3) > 0;
    const slot = { id, first, pages, filePage: hasFile ? filePage : undefined };
    first += pages + random.below(3);
    if (hasFile) filePage += pages + random.below(2);
    return slot;
  });
}

const addressOf = (page: number): number => RAM + page * PAGE_SIZE;

function describe({ id, first, pages, filePage }: SlotPlan, level: DrillLevel): string {
  const range = `${hex(addressOf(first))} .. ${hex(addressOf(first + pages))}`;
  const file = filePage === undefined ? "no guest_memfd" : `guest_memfd from page ${filePage}`;
  return `  slot ${id}: ${range}, ${plural(pages, "page")}${level === 1 ? "" : `, ${file}`}`;
}

function slotOf(slots: readonly SlotPlan[], page: number): SlotPlan | undefined {
  return slots.find(({ first, pages }) => page >= first && page < first + pages);
}

/** Look-ups in memory slots: which slot, which page of its file, and how far a range is mapped. */
export function memslotLookUp(random: Random, level: DrillLevel): DrillPlan {
  const slots = slotsOf(random, level === 3);
  const last = slots.reduce((top, { first, pages }) => Math.max(top, first + pages), 0);
  const scene = ["A VM has these memory slots:", ...slots.map((slot) => describe(slot, level))];
  if (level === 3) return howFar(random, slots, last, scene);
  const page = random.below(last + 1);
  const address = addressOf(page) + random.below(PAGE_SIZE);
  const slot = slotOf(slots, page);
  const frame = `The frame of ${hex(address)} is page ${page} of RAM: the last three digits do not count.`;
  const found =
    slot === undefined
      ? "No slot has it: a slot ends before its first page plus its number of pages."
      : `Slot ${slot.id} has pages ${slot.first} to ${slot.first + slot.pages - 1}.`;
  const inFile = slot?.filePage === undefined ? undefined : slot.filePage + page - slot.first;
  return {
    title: level === 1 ? "From address to slot" : "From address to a page of the file",
    question: [...scene, `A guest touches ${hex(address)}.`],
    parts: [
      {
        name: 'id of the slot, or "none"',
        answer: slot === undefined ? "none" : String(slot.id),
        rule: "A slot has the pages from its first address on, and ends before the second one.",
      },
      ...(level === 1
        ? []
        : [
            {
              name: 'page of the guest_memfd, or "none"',
              answer: inFile === undefined ? "none" : String(inFile),
              rule: "It is the slot's first page in the file, plus the distance from the slot's first frame.",
            },
          ]),
    ],
    steps: [
      frame,
      found,
      ...(level === 2 && slot?.filePage !== undefined
        ? [`In the file: ${slot.filePage} + (${page} - ${slot.first}) = ${inFile}.`]
        : []),
    ],
  };
}

function howFar(
  random: Random,
  slots: readonly SlotPlan[],
  last: number,
  scene: readonly string[],
): DrillPlan {
  const from = slots[random.below(slots.length)]?.first ?? 0;
  const to = from + 1 + random.below(last - from + 1);
  const [startOffset, endOffset] = [random.below(2) * 0x800, random.below(2) * 0x800];
  const [start, end] = [addressOf(from) + startOffset, addressOf(to) + endOffset];
  let mapped = 0;
  let result = "0";
  const steps = [`The loop begins at ${hex(start)} and goes on in steps of 4096 below ${hex(end)}.`];
  for (let address = start; address < end && result === "0"; address += PAGE_SIZE) {
    const page = Math.floor((address - RAM) / PAGE_SIZE);
    const slot = slotOf(slots, page);
    if (slot?.filePage === undefined) {
      result = "-EINVAL";
      const why = slot === undefined ? "is in no slot" : `is in slot ${slot.id}, which has no guest_memfd`;
      steps.push(`Address ${hex(address)} ${why}: -EINVAL, and the loop ends.`);
    } else {
      mapped++;
      steps.push(`Address ${hex(address)} is page ${page}, in slot ${slot.id}: mapped.`);
    }
  }
  if (result === "0") steps.push(`The next address does not lie before ${hex(end)}: the loop ends with 0.`);
  return {
    title: "How far does TSM_MAP come?",
    question: [...scene, `Nothing is mapped yet. TSM_MAP is called for ${hex(start)} .. ${hex(end)}.`],
    parts: [
      {
        name: "result",
        answer: result,
        rule: "A page in no slot, or in a slot without guest_memfd, is -EINVAL; addresses that the loop does not come to do not matter.",
      },
      {
        name: "pages that are mapped afterwards",
        answer: String(mapped),
        rule: "The address goes up by 4096 from wherever it starts, as long as it lies before the end, and nothing is undone.",
      },
    ],
    steps,
  };
}
