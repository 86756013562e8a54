// SPDX-License-Identifier: MIT
import type { Random } from "../../base/random.ts";
import type { DrillLevel, DrillPart, DrillPlan } from "./drill.ts";

const TYPES = [
  { name: "__u8", bytes: 1 },
  { name: "__u16", bytes: 2 },
  { name: "__u32", bytes: 4 },
  { name: "__u64", bytes: 8 },
] as const;
const NAMES = ["size", "flags", "id", "base", "length", "type", "cookie"];

interface Field {
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  readonly align: number;
}

/** Where a C compiler puts fields, and how large the structure is. */
export function layOut(fields: readonly Pick<Field, "bytes" | "align">[]): {
  readonly offsets: readonly number[];
  readonly align: number;
  readonly end: number;
  readonly size: number;
} {
  let end = 0;
  const offsets = fields.map(({ bytes, align }) => {
    const offset = Math.ceil(end / align) * align;
    end = offset + bytes;
    return offset;
  });
  const align = Math.max(...fields.map((field) => field.align));
  return { offsets, align, end, size: Math.ceil(end / align) * align };
}

/** Layouts of structures: offsets, size and padding, and for the hardest level those of 32-bit x86. */
export function structLayout(random: Random, level: DrillLevel): DrillPlan {
  // On 32-bit x86 a plain u64 in a structure is content with multiples of four.
  const is32 = level === 3;
  const count = 2 + level + random.below(2);
  const fields: Field[] = Array.from({ length: count }, (_, i) => {
    const { name: type, bytes } = TYPES[random.below(TYPES.length)] as (typeof TYPES)[number];
    return { name: NAMES[i] as string, type, bytes, align: is32 ? Math.min(bytes, 4) : bytes };
  });
  const { offsets, align, end, size } = layOut(fields);
  const padding = size - fields.reduce((sum, { bytes }) => sum + bytes, 0);
  const sizePart: DrillPart = {
    name: "size of the structure",
    answer: String(size),
    rule: `The size is a multiple of the largest alignment, ${align}, so that an array of them stays aligned.`,
  };
  const paddingPart: DrillPart = {
    name: "bytes of padding",
    answer: String(padding),
    rule: "Padding is what the size has more than the fields together, between them and at the end.",
  };
  const offsetParts = fields.map(({ name, align: needed }, i) => ({
    name: `offset of ${name}`,
    answer: String(offsets[i]),
    rule: `A field begins at the next multiple of its alignment, ${needed}, after the field before it.`,
  }));
  return {
    title: is32 ? "A structure on 32-bit x86" : "A structure on a 64-bit machine",
    question: [
      "struct example {",
      ...fields.map(({ name, type }) => `        ${type} ${name};`),
      "};",
      ...(is32 ? ["Compiled for 32-bit x86, where a __u64 is aligned to 4 bytes."] : []),
    ],
    parts: level === 1 ? [...offsetParts, sizePart] : [...offsetParts, sizePart, paddingPart],
    steps: [
      ...fields.map(({ name, type, bytes, align: needed }, i) => {
        const before = i === 0 ? 0 : (offsets[i - 1] as number) + (fields[i - 1]?.bytes ?? 0);
        const at = offsets[i] as number;
        const gap = at === before ? "" : `, after ${at - before} bytes of padding`;
        return `${name} (${type}) needs a multiple of ${needed}: offset ${at}${gap}, up to byte ${at + bytes}.`;
      }),
      `The fields end at ${end}; the largest alignment is ${align}, so the size is ${size}.`,
      `Padding: ${size} - ${size - padding} = ${padding}.`,
    ],
  };
}
