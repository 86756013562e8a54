// SPDX-License-Identifier: MIT
import { hex } from "../../base/address.ts";
import { seeded } from "../../base/random.ts";
import { entryIndex, entryNumber, TABLE_ENTRIES } from "../../hw/stage2.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";

const ID = "05-indexes";

type Indexes = (ipa: number) => readonly number[];

/** Ends of tables and of the address space, then addresses at random. */
const ADDRESSES: readonly number[] = [
  0x0,
  0x1000,
  0x1f_ffff,
  0x20_0000,
  0x3fff_ffff,
  0x4000_0000,
  0x7fff_f000,
  0x8000_0000,
  0xffff_ffff,
  ...random(40),
];

function random(count: number): number[] {
  const source = seeded(5);
  return Array.from({ length: count }, () => source.below(2 ** 32));
}

function right(ipa: number): number[] {
  return [Math.floor(entryNumber(ipa, 2) / TABLE_ENTRIES), entryIndex(ipa, 2), entryIndex(ipa, 3)];
}

function misconception(came: readonly unknown[], expected: readonly number[]): [id: string, message: string] {
  const [root, level2, level3] = came;
  if ([root, level2, level3].some((one) => typeof one === "number" && one < 0)) {
    return [
      "signed",
      "A negative index: >> and & take 32-bit numbers with a sign, and this address has bit 31 set. >>> takes them without.",
    ];
  }
  if (root !== expected[0]) {
    return [
      "root",
      "Each root table has 512 entries of 2 MiB, which makes 1 GiB. Four of them, in consecutive granules, cover the 4 GiB.",
    ];
  }
  if (level2 !== expected[1]) {
    return [
      "level-2",
      "The index is within one table: 9 bits, 0 to 511. The bits above them have chosen the root table already.",
    ];
  }
  return ["level-3", "The index at level 3 is the page number within 2 MiB: 9 bits from bit 12 on."];
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return { id: "no-function", message: "The answer is a function: indexes(ipa).", came: typeof answer };
  }
  const results = ADDRESSES.map((ipa) => ({ ipa, expected: right(ipa), ...run(answer as Indexes, ipa) }));
  if (results.every(({ came }) => String(came) === "0,0,0")) {
    return untouched("So far every address is at entry 0 of entry 0 of root table 0.");
  }
  const wrong = results.find(({ came, expected }) => String(came) !== String(expected));
  if (wrong === undefined) return undefined;
  const facts = {
    call: `indexes(${hex(wrong.ipa)})`,
    expected: `[${wrong.expected.join(", ")}]`,
    came: Array.isArray(wrong.came) ? `[${wrong.came.join(", ")}]` : String(wrong.came),
  };
  if (!Array.isArray(wrong.came) || wrong.came.length !== 3) {
    return { id: "no-list", message: "The function is to return three numbers.", ...facts };
  }
  const [id, message] = misconception(wrong.came, wrong.expected);
  return { id, message, ...facts };
}

function run(indexes: Indexes, ipa: number): { came: unknown } {
  try {
    return { came: indexes(ipa) };
  } catch (error) {
    return { came: error instanceof Error ? error.message : String(error) };
  }
}

function code(root: string, level2: string, level3: string): string {
  return [
    "function indexes(ipa: number): number[] {",
    "  // [number of the root table, index at level 2, index at level 3]",
    `  return [${root}, ${level2}, ${level3}];`,
    "}",
    `check("${ID}", indexes);`,
  ].join("\n");
}

const ROOT = "ipa >>> 30";
const LEVEL_2 = "(ipa >>> 21) & 511";
const LEVEL_3 = "(ipa >>> 12) & 511";

/** From an address to the entries that a walk visits. */
export const walkIndexes: Exercise = {
  id: ID,
  title: "Which entries?",
  task: "Write indexes(ipa) for a realm of 32 address bits whose tables start at level 2: the number of the root table, the index in it, and the index in the table of level 3.",
  starter: code("0", "0", "0"),
  check,
  hints: [
    "An address of this realm has 32 bits: which root table (2 bits), index at level 2 (9), index at level 3 (9), byte in the page (12).",
    "Each level takes 9 bits: bits 20:12 at level 3, bits 29:21 at level 2. Concatenated roots take the bits above them.",
    "return [ipa >>> ..., (ipa >>> ...) & 511, (ipa >>> ...) & 511];",
  ],
  wrongAnswers: [
    { problem: "signed", code: code("ipa >> 30", "(ipa >> 21) & 511", "(ipa >> 12) & 511") },
    { problem: "root", code: code("0", LEVEL_2, LEVEL_3) },
    { problem: "level-2", code: code(ROOT, "ipa >>> 21", LEVEL_3) },
    { problem: "level-3", code: code(ROOT, LEVEL_2, "ipa >>> 12") },
  ],
  solution: {
    code: code(ROOT, LEVEL_2, LEVEL_3),
    reasons:
      "12 bits choose the byte, 9 the entry at level 3, 9 the entry at level 2, and the 2 that are left one of four root tables. Seen otherwise: the root is one table of 2048 entries, spread over four granules.",
  },
};
