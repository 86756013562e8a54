// SPDX-License-Identifier: MIT
import { hex } from "../../base/address.ts";
import { seeded } from "../../base/random.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";

const ID = "01-write-lookup";

/** What a look-up needs to know of a slot: its id, first frame, and number of pages. */
export interface SlotRange {
  readonly id: number;
  readonly base_gfn: number;
  readonly npages: number;
}

const SLOTS = 1000;
/** Slots that a search by halves may look at, with a few to spare. */
const MOST_READ = 24;

/** A thousand slots of 1 to 16 pages, by ascending frame, some with holes between them. */
function manySlots(): SlotRange[] {
  const random = seeded(1);
  let gfn = 0x8_0000;
  return Array.from({ length: SLOTS }, (_, i) => {
    gfn += random.below(3) * 4;
    const slot = { id: (i * 7) % SLOTS, base_gfn: gfn, npages: 1 + random.below(16) };
    gfn += slot.npages;
    return slot;
  });
}

/** The list, and how many of its entries were looked at. */
function counted(slots: readonly SlotRange[]): { list: readonly SlotRange[]; reads: () => number } {
  let reads = 0;
  const list = new Proxy(slots, {
    get(target, key, receiver) {
      if (typeof key === "string" && /^\d+$/.test(key)) reads++;
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  return { list, reads: () => reads };
}

type LookUp = (slots: readonly SlotRange[], gfn: number) => SlotRange | undefined;

/** What a look-up answered, which may be anything. */
function name(slot: SlotRange | undefined): string {
  if (typeof slot?.base_gfn !== "number" || typeof slot.npages !== "number") return String(slot);
  return `slot ${slot.id}, frames ${hex(slot.base_gfn)} to ${hex(slot.base_gfn + slot.npages)}`;
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function: lookUp(slots, gfn).",
      came: typeof answer,
    };
  }
  const slots = manySlots();
  const cases = slots.flatMap((slot, i) => {
    const end = slot.base_gfn + slot.npages;
    const free = slots[i + 1]?.base_gfn !== end;
    return [
      { gfn: slot.base_gfn, expected: slot },
      { gfn: end - 1, expected: slot },
      ...(free
        ? [
            { gfn: end, expected: undefined },
            { gfn: end + 2, expected: undefined },
          ]
        : []),
    ];
  });
  const before = { gfn: (slots[0] as SlotRange).base_gfn - 1, expected: undefined };
  const results = [...cases, before].map((one) => ({ ...one, ...run(answer as LookUp, slots, one.gfn) }));
  const thrown = results.find(({ error }) => error !== undefined);
  if (thrown !== undefined) {
    return {
      id: "throws",
      message: "The look-up threw. In the kernel that would be an oops.",
      call: `lookUp(slots, ${hex(thrown.gfn)})`,
      expected: name(thrown.expected),
      came: thrown.error as string,
    };
  }
  if (results.every(({ came }) => came === undefined)) return untouched("The look-up finds nothing yet.");
  const wrong = results.find(({ expected, came }) => came !== expected);
  if (wrong !== undefined) return { ...whatIsWrong(wrong, results), ...shown(wrong) };
  const slow = results.find(({ reads }) => reads > MOST_READ);
  if (slow === undefined) return undefined;
  return {
    id: "linear",
    message: `Every answer is right, but a VM may have 32767 slots, and this runs on every fault. The list is sorted: halve it.`,
    call: `lookUp(slots, ${hex(slow.gfn)}) with ${SLOTS} slots`,
    expected: `at most ${MOST_READ} slots looked at`,
    came: `${slow.reads}`,
  };
}

interface Outcome {
  readonly gfn: number;
  readonly expected: SlotRange | undefined;
  readonly came?: SlotRange | undefined;
  readonly error?: string;
  readonly reads: number;
}

function run(
  lookUp: LookUp,
  slots: readonly SlotRange[],
  gfn: number,
): Pick<Outcome, "came" | "error" | "reads"> {
  const { list, reads } = counted(slots);
  try {
    const came = lookUp(list, gfn);
    return { came, reads: reads() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error), reads: reads() };
  }
}

function shown({ gfn, expected, came }: Outcome): Pick<Problem, "call" | "expected" | "came"> {
  return { call: `lookUp(slots, ${hex(gfn)})`, expected: name(expected), came: name(came) };
}

function whatIsWrong(wrong: Outcome, results: readonly Outcome[]): Pick<Problem, "id" | "message"> {
  const deepInHole = results.some(
    ({ expected, came, gfn }) =>
      expected === undefined && came !== undefined && gfn > came.base_gfn + came.npages,
  );
  if (wrong.expected === undefined && deepInHole) {
    return {
      id: "no-end-test",
      message: "The slot that starts last before the frame need not reach it. Look at where it ends, too.",
    };
  }
  if (wrong.expected === undefined) {
    return {
      id: "end-inclusive",
      message: "A slot ends before base_gfn + npages: that frame is not in it any more.",
    };
  }
  if (wrong.gfn === wrong.expected.base_gfn) {
    return { id: "start-excluded", message: "The first frame of a slot belongs to it." };
  }
  return { id: "not-found", message: "The frame lies in a slot, and the look-up does not find that slot." };
}

function code(...body: string[]): string {
  return [
    "function lookUp(slots: readonly SlotRange[], gfn: number): SlotRange | undefined {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", lookUp);`,
  ].join("\n");
}

function halves(step: string, end: string): string {
  return code(
    "let low = 0;",
    "let high = slots.length;",
    "while (low < high) {",
    "  const middle = (low + high) >>> 1;",
    `  if (${step}) low = middle + 1;`,
    "  else high = middle;",
    "}",
    "const slot = slots[low - 1];",
    `return ${end};`,
  );
}

const STEP = "slots[middle].base_gfn <= gfn";

/** The look-up itself. */
export const writeLookup: Exercise = {
  id: ID,
  title: "Write the look-up",
  task: "Write the search of gfn_to_memslot: given the slots by ascending base_gfn, the one that holds a frame, or undefined. It must not look at every slot.",
  starter: code("return undefined;"),
  check,
  hints: [
    "The kernel keeps the slots in a tree ordered by base_gfn; here they are a sorted list. Start with the slot that begins last at or before the frame.",
    "A slot holds base_gfn <= gfn < base_gfn + npages. Searching by halves looks at about 10 of 1000 slots.",
    "let low = 0, high = slots.length;\nwhile (low < high) { ... }   // low ends as the number of slots with base_gfn <= gfn\nthen test the end of slots[low - 1]",
  ],
  wrongAnswers: [
    {
      problem: "end-inclusive",
      code: halves(STEP, "slot && gfn <= slot.base_gfn + slot.npages ? slot : undefined"),
    },
    { problem: "no-end-test", code: halves(STEP, "slot") },
    {
      problem: "start-excluded",
      code: halves(
        "slots[middle].base_gfn < gfn",
        "slot && gfn < slot.base_gfn + slot.npages ? slot : undefined",
      ),
    },
    {
      problem: "linear",
      code: code("return slots.find((slot) => gfn >= slot.base_gfn && gfn < slot.base_gfn + slot.npages);"),
    },
    { problem: "throws", code: halves(STEP, "gfn < slot.base_gfn + slot.npages ? slot : undefined") },
  ],
  solution: {
    code: halves(STEP, "slot && gfn < slot.base_gfn + slot.npages ? slot : undefined"),
    reasons:
      "The search finds the last slot that starts at or before the frame; then its end decides. Before the first slot there is none to test. The kernel does the same, after a look at the slot that the last search found.",
  },
};
