// SPDX-License-Identifier: MIT
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { abiTrials } from "../gauntlet/abi.ts";
import { kernelWith, notAnAbi, postedAbi, type TsmMapAbi } from "../gauntlet/submission.ts";
import { firstProblem, loopAround, mapPageSafely } from "./gauntlet-labs.ts";

const ID = "14-struct";

/** What two layouts have in common, as a text. */
function layoutOf({ struct, last, mustBeZero, progress }: TsmMapAbi): string {
  const fields = struct.fields.map(({ name, type, offset, bytes }) => `${name} ${type} ${offset} ${bytes}`);
  return [...fields, struct.byteLength, last, ...mustBeZero, progress].join("; ");
}

function check(answer: unknown): Problem | undefined {
  const invalid = notAnAbi(answer);
  if (invalid !== undefined) return { id: "no-abi", message: invalid };
  const abi = answer as TsmMapAbi;
  if (layoutOf(abi) === layoutOf(postedAbi))
    return untouched("This is the structure of the patch, byte by byte.");
  return firstProblem({ kernel: kernelWith(loopAround(mapPageSafely)), abi }, abiTrials);
}

interface Parts {
  readonly fields: readonly string[];
  readonly size: number;
  readonly last: string;
  readonly zero: readonly string[];
  readonly progress?: string;
}

function code({ fields, size, last, zero, progress }: Parts): string {
  return [
    "const abi: TsmMapAbi = {",
    '  struct: struct("iommu_vdevice_tsm_map", {',
    ...fields.map((line) => `    ${line}`),
    `  }, ${size}, "v2"),`,
    `  last: "${last}",`,
    `  mustBeZero: [${zero.map((name) => `"${name}"`).join(", ")}],`,
    ...(progress === undefined ? [] : [`  progress: "${progress}",`]),
    "};",
    `check("${ID}", abi);`,
  ].join("\n");
}

const START = ['size: ["u32", 0], flags: ["u32", 4],', 'start_gpa: ["u64", 8], end_gpa: ["u64", 16],'];
const RESERVED = 'vdevice_id: ["u32", 24], __reserved: ["u32", 28],';
const OUT = 'out_pages: ["u64", 32],';
const GOOD: Parts = {
  fields: [...START, RESERVED, OUT],
  size: 40,
  last: "out_pages",
  zero: ["flags", "__reserved"],
  progress: "out_pages",
};

/** The fourth stage: the bytes. */
export const v2Struct: Exercise = {
  id: ID,
  title: "Lay out the structure",
  task: "The starter is the structure as posted. Change it so that every byte has a name, every field lies at a multiple of its width, whatever is reserved is tested for zero, and user space learns how many pages are mapped. `last` is the field with which the least size ends; `mustBeZero` are fields for which anything else is -EOPNOTSUPP; `progress` is the field that gets the number of pages.",
  starter: code({
    fields: [...START, 'vdevice_id: ["u32", 24],'],
    size: 32,
    last: "vdevice_id",
    zero: ["flags"],
  }),
  check,
  hints: [
    "Notebook 08 shows the four bytes at the end that nobody looks at. A name for them, a test, and a new field: three changes.",
    "A u64 lies at a multiple of 8, and sizeof is a multiple of 8. User space that gives the least size must still get the answer, so the least size ends with the last field.",
    '__reserved: ["u32", 28], out_pages: ["u64", 32] in 40 bytes; last: "out_pages"; mustBeZero: ["flags", "__reserved"]; progress: "out_pages"',
  ],
  wrongAnswers: [
    {
      problem: "fields",
      code: code({
        ...GOOD,
        fields: [
          'size: ["u32", 0], flags: ["u32", 4],',
          'start_gpa: ["u32", 8], end_gpa: ["u64", 16],',
          RESERVED,
          OUT,
        ],
      }),
    },
    {
      problem: "alignment",
      code: code({
        ...GOOD,
        fields: [...START, 'vdevice_id: ["u32", 24], out_pages: ["u64", 28],', '__reserved: ["u32", 36],'],
      }),
    },
    {
      problem: "padding",
      code: code({ ...GOOD, fields: [...START, 'vdevice_id: ["u32", 24],', OUT], zero: ["flags"] }),
    },
    { problem: "flags", code: code({ ...GOOD, zero: ["__reserved"] }) },
    { problem: "reserved", code: code({ ...GOOD, zero: ["flags"] }) },
    { problem: "size", code: code({ ...GOOD, last: "vdevice_id" }) },
    {
      problem: "progress",
      code: code({
        fields: [...START, RESERVED],
        size: 32,
        last: "__reserved",
        zero: ["flags", "__reserved"],
      }),
    },
    { problem: "good", code: code({ ...GOOD, zero: ["flags", "__reserved", "vdevice_id"] }) },
  ],
  solution: {
    code: code(GOOD),
    reasons:
      "The padding has a name, so it can be tested, and a later version may give it a meaning. The number of pages is an output of its own: 0 with fewer pages than asked means that the rest has to be asked for, as with KVM_PRE_FAULT_MEMORY. The least size ends with the output, or a caller could leave no room for it. All of that has to be right in the first version, since an ABI stays.",
  },
};
