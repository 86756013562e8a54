// SPDX-License-Identifier: MIT
import { hex, paToPfn } from "../base/address.ts";
import {
  DESC_VALID,
  descriptorPa,
  entryBytes,
  isTableDescriptor,
  LAST_LEVEL,
  TABLE_ENTRIES,
} from "../hw/stage2.ts";
import { HIPAS, hipasName, hipasOf, ripasName, ripasOf } from "../rmm/rtt-entry.ts";
import { Picture } from "./display.ts";
import type { Subject } from "./find.ts";
import { FILL } from "./palette.ts";
import { BODY_TOP, box, card, label, MARGIN, MUTED, textWidth } from "./svg.ts";

/**
 * One entry of a realm translation table, out of the 8 bytes in the table's granule. No host can read them; this is
 * the view from outside the machine.
 *
 * @param table physical address of the table in bytes
 * @param index entry in the table, 0 to 511
 */
export function rttEntry(host: Subject, table: bigint, index: number): bigint {
  const pfn = paToPfn(Number(table));
  if (!host.machine.memory.contains(pfn)) throw new RangeError(`${hex(table)} is not in memory`);
  if (!Number.isInteger(index) || index < 0 || index >= TABLE_ENTRIES)
    throw new RangeError(`a table has entries 0 to ${TABLE_ENTRIES - 1}, none is ${index}`);
  const words = host.machine.memory.peek(pfn);
  if (words === undefined) return 0n;
  return (BigInt(words[2 * index + 1] as number) << 32n) | BigInt(words[2 * index] as number);
}

/** Neighbouring bits of a descriptor with one meaning. */
interface BitField {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly means: (value: bigint) => string;
}

const ADDRESS = "address";
const yes =
  (word: string) =>
  (value: bigint): string =>
    value === 1n ? word : "";
const nothing = (): string => "";

/** What the hardware reads in a descriptor that it may use. */
function validFields(isTable: boolean, level: number): BitField[] {
  const pa = (value: bigint): string => `-> ${hex(value << 12n)}`;
  const type: BitField = {
    name: "type",
    from: 1,
    to: 0,
    means: () => (isTable ? "valid, table" : level === LAST_LEVEL ? "valid, page" : "valid, block"),
  };
  if (isTable) {
    return [
      { name: "-", from: 63, to: 48, means: nothing },
      { name: ADDRESS, from: 47, to: 12, means: pa },
      { name: "-", from: 11, to: 2, means: nothing },
      type,
    ];
  }
  return [
    { name: "-", from: 63, to: 56, means: nothing },
    {
      name: "NS",
      from: 55,
      to: 55,
      means: (value) => (value === 1n ? "memory of the host" : "realm memory"),
    },
    { name: "XN", from: 54, to: 53, means: (value) => (value === 2n ? "never executable" : "executable") },
    { name: "-", from: 52, to: 48, means: nothing },
    { name: ADDRESS, from: 47, to: 12, means: pa },
    { name: "-", from: 11, to: 11, means: nothing },
    { name: "AF", from: 10, to: 10, means: yes("accessed") },
    { name: "SH", from: 9, to: 8, means: (value) => (value === 3n ? "inner shareable" : "") },
    {
      name: "S2AP",
      from: 7,
      to: 6,
      means: (value) => ["no access", "read", "write", "read, write"][Number(value)] ?? "",
    },
    { name: "-", from: 5, to: 5, means: nothing },
    { name: "MemAttr", from: 4, to: 2, means: (value) => (value === 6n ? "normal memory" : "") },
    type,
  ];
}

/** What the RMM keeps in a descriptor that the hardware must not use. */
function invalidFields(low: number, high: number, level: number): BitField[] {
  const hipas = hipasOf(low, high, level);
  return [
    { name: "-", from: 63, to: 56, means: nothing },
    { name: "NS", from: 55, to: 55, means: yes("shared half") },
    { name: "-", from: 54, to: 48, means: nothing },
    {
      name: ADDRESS,
      from: 47,
      to: 12,
      means: (value) => (hipas === HIPAS.ASSIGNED ? `-> ${hex(value << 12n)}` : "none"),
    },
    { name: "-", from: 11, to: 6, means: nothing },
    { name: "HIPAS", from: 5, to: 3, means: (value) => (value === 1n ? "ASSIGNED" : "UNASSIGNED") },
    {
      name: "RIPAS",
      from: 2,
      to: 1,
      means: () => (hipas === HIPAS.UNASSIGNED_NS ? "none" : ripasName(ripasOf(low))),
    },
    { name: "valid", from: 0, to: 0, means: () => "the hardware stops here" },
  ];
}

function summary(low: number, high: number, level: number): string {
  const hipas = hipasOf(low, high, level);
  const pa = hex(descriptorPa(low, high));
  if (hipas === HIPAS.TABLE) return `TABLE, the level ${level + 1} table is at ${pa}`;
  if (hipas === HIPAS.UNASSIGNED_NS) return "UNASSIGNED_NS: shared half, nothing mapped";
  const size = `${hex(entryBytes(level))} bytes at ${pa}`;
  if (hipas === HIPAS.ASSIGNED_NS) return `ASSIGNED_NS: ${size}, of the host`;
  const ripas = ripasName(ripasOf(low));
  return hipas === HIPAS.ASSIGNED
    ? `${hipasName(hipas)}, ${ripas}: ${size}`
    : `${hipasName(hipas)}, ${ripas}: no memory`;
}

const CELL_HEIGHT = 44;

/**
 * A descriptor of a realm translation table, field by field. The bits of a valid one are the architecture's; those of
 * an invalid one are private to the RMM, and other versions of it use others.
 *
 * @param descriptor the 8 bytes of the entry as a little-endian number
 * @param level level of the table that it stands in, 0 to 3
 * @example
 * ```ts
 * showRttEntry(rttEntry(host, table, 5), 3);
 * ```
 */
export function showRttEntry(descriptor: bigint, level: number): Picture {
  if (!Number.isInteger(level) || level < 0 || level > LAST_LEVEL)
    throw new RangeError(`tables have levels 0 to ${LAST_LEVEL}, none is ${level}`);
  const low = Number(BigInt.asUintN(32, descriptor)) | 0;
  const high = Number(BigInt.asUintN(32, descriptor >> 32n)) | 0;
  const fields =
    (low & DESC_VALID) !== 0
      ? validFields(isTableDescriptor(low, level), level)
      : invalidFields(low, high, level);
  const rows = fields.map((field) => {
    const bits = field.from === field.to ? `${field.from}` : `${field.from}:${field.to}`;
    const value = (descriptor >> BigInt(field.to)) & ((1n << BigInt(field.from - field.to + 1)) - 1n);
    return { ...field, bits, value: hex(value), meaning: field.means(value) };
  });
  const title = `Entry 0x${BigInt.asUintN(64, descriptor).toString(16).padStart(16, "0")} at level ${level}`;
  const said = summary(low, high, level);
  const width = (key: "bits" | "name" | "value"): number => Math.max(...rows.map((row) => row[key].length));
  const lines = rows
    .filter(({ name }) => name !== "-")
    .map(({ bits, name, value, meaning }) =>
      [bits.padStart(width("bits")), name.padEnd(width("name")), value.padEnd(width("value")), meaning]
        .join("  ")
        .trimEnd(),
    );
  const text = [title, said, "bits, field, value, meaning", ...lines].join("\n");
  return new Picture(draw(title, said, text, rows), text);
}

function draw(
  title: string,
  said: string,
  text: string,
  rows: readonly { bits: string; name: string; value: string; meaning: string }[],
): string {
  const parts = [label(MARGIN, BODY_TOP + 8, said, { bold: true })];
  const top = BODY_TOP + 38;
  let x = MARGIN;
  const below: string[] = [];
  for (const { bits, name, value, meaning } of rows) {
    const used = name !== "-";
    const width = Math.max(...[bits, name, value].map((one) => textWidth(one, 11))) + 12;
    const middle = x + width / 2;
    parts.push(label(middle, top - 6, bits, { size: 10, anchor: "middle", fill: MUTED }));
    parts.push(box(x, top, width, CELL_HEIGHT, { fill: used ? FILL.slot : FILL.none }));
    parts.push(label(middle, top + 18, name, { size: 11, bold: used, anchor: "middle" }));
    parts.push(label(middle, top + 35, value, { size: 11, anchor: "middle" }));
    if (used) below.push(`${name} (${bits}): ${value}${meaning === "" ? "" : `, ${meaning}`}`);
    x += width;
  }
  below.forEach((one, i) => {
    parts.push(label(MARGIN, top + CELL_HEIGHT + 22 + i * 18, one));
  });
  const width = Math.max(
    x,
    ...[said, ...below].map((one) => MARGIN + textWidth(one)),
    MARGIN + textWidth(title, 15, false),
  );
  return card(title, text, width + MARGIN, top + CELL_HEIGHT + 22 + below.length * 18, parts.join(""));
}
