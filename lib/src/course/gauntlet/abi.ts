// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { EINVAL, EOPNOTSUPP, errnoName } from "../../base/errno.ts";
import type { FieldLayout, FieldType } from "../../base/layout.ts";
import { RAM, stage } from "../../explore/races/scene.ts";
import { IOMMU_VDEVICE_TSM_MAP } from "../../kernel/iommufd/uapi.ts";
import { iommu_vdevice_tsm_map as toKernel } from "../../kernel/iommufd/uapi-structs.ts";
import { copy_struct_from_user } from "../../kernel/iommufd/ucmd.ts";
import type { KernelVariant } from "../../kernel/variant.ts";
import { runCall } from "./run-call.ts";
import type { TsmMapAbi } from "./submission.ts";
import { type Miss, type OnTrial, resultText, type Trial } from "./trial.ts";

const INPUTS: readonly (readonly [string, FieldType])[] = [
  ["size", "u32"],
  ["vdevice_id", "u32"],
  ["flags", "u32"],
  ["start_gpa", "u64"],
  ["end_gpa", "u64"],
];

/** Alignment of each type on the strictest of the 64-bit architectures. */
const ALIGNMENT: Readonly<Record<FieldType, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  s32: 4,
  s64: 8,
  bytes: 1,
};

function end({ offset, bytes }: FieldLayout): number {
  return offset + bytes;
}

function fieldOf({ struct }: TsmMapAbi, name: string): FieldLayout | undefined {
  return struct.fields.find((field) => field.name === name);
}

/** The least size that user space may give. */
function minSize(abi: TsmMapAbi): number {
  const last = fieldOf(abi, abi.last);
  return last === undefined ? 0 : end(last);
}

/** How the fields lie: `"flags u32 at 4"`. */
function told({ name, type, offset }: FieldLayout): string {
  return `${name} ${type} at ${offset}`;
}

function fieldsTrial({ abi }: OnTrial): Miss | undefined {
  for (const [name, type] of INPUTS) {
    const field = fieldOf(abi, name);
    const right = field?.type === type && (name !== "size" || field.offset === 0);
    if (right) continue;
    return {
      call: `the field ${name}`,
      expected: `${name} ${type}${name === "size" ? " at 0" : ""}`,
      got: field === undefined ? "no such field" : told(field),
      why: "The dispatcher reads the size word first, and the handler needs the vdevice, the flags and the range.",
    };
  }
  return undefined;
}

function alignmentTrial({ abi }: OnTrial): Miss | undefined {
  const crooked = abi.struct.fields.find(({ type, offset }) => offset % ALIGNMENT[type] !== 0);
  if (crooked === undefined) return undefined;
  return {
    call: told(crooked),
    expected: `an offset that is a multiple of ${ALIGNMENT[crooked.type]}`,
    got: `${crooked.offset}`,
    why: "A compiler puts a __aligned_u64 at a multiple of 8 everywhere; a layout that does not say so differs between 32 and 64 bits.",
  };
}

function paddingTrial({ abi: { struct } }: OnTrial): Miss | undefined {
  const why =
    "A byte that belongs to no field is never looked at, so user space may leave anything there, and it can never be given a meaning.";
  let at = 0;
  for (const field of [...struct.fields].sort((a, b) => a.offset - b.offset)) {
    if (field.offset < at)
      return {
        call: told(field),
        expected: `an offset of ${at} or more`,
        got: `${field.offset}`,
        why: "Two fields share bytes.",
      };
    if (field.offset > at)
      return {
        call: told(field),
        expected: `no gap: a field for bytes ${at} to ${field.offset - 1}`,
        got: "unnamed padding",
        why,
      };
    at = end(field);
  }
  const size = Math.ceil(at / 8) * 8;
  if (at === struct.byteLength && at % 8 === 0) return undefined;
  if (at === struct.byteLength || struct.byteLength === size)
    return {
      call: `sizeof ${struct.byteLength}`,
      expected: `fields up to byte ${size - 1}, so that nothing is left to the compiler`,
      got: `fields up to byte ${at - 1}`,
      why,
    };
  return {
    call: "sizeof",
    expected: `${size}`,
    got: `${struct.byteLength}`,
    why: "The size of a structure with 64-bit fields is a multiple of 8 and covers its fields.",
  };
}

/** What user space gets from one call. */
interface Answer {
  readonly result: number;
  /** The structure afterwards, as much of it as user space has room for. */
  readonly bytes: Uint8Array;
}

/** Writes a number to a field of any width. */
function put(bytes: Uint8Array, field: FieldLayout, value: number): void {
  let left = value;
  for (let i = 0; i < field.bytes; i++) {
    bytes[field.offset + i] = left % 256;
    left = Math.floor(left / 256);
  }
}

function get(bytes: Uint8Array, field: FieldLayout): number {
  let value = 0;
  for (let i = field.bytes - 1; i >= 0; i--) value = value * 256 + (bytes[field.offset + i] ?? 0);
  return value;
}

/**
 * One call with the structure of the submission. Its handler is the posted one with what the description says: the
 * least size, what must be zero, and where progress goes. Progress makes a range that ends early a success, as
 * KVM_PRE_FAULT_MEMORY does it.
 *
 * @param size what user space gives as its size
 */
function ask(
  abi: TsmMapAbi,
  kernel: KernelVariant,
  pages: number,
  size: number,
  change: (bytes: Uint8Array) => void = () => undefined,
): Answer {
  const on = stage(kernel);
  const bytes = new Uint8Array(size);
  const values = {
    size,
    vdevice_id: on.device.vdevice_id,
    flags: 0,
    start_gpa: RAM,
    end_gpa: RAM + pages * PAGE_SIZE,
  };
  for (const [name, value] of Object.entries(values)) {
    const field = fieldOf(abi, name);
    if (field !== undefined && end(field) <= size) put(bytes, field, value);
  }
  change(bytes);
  if (size < minSize(abi)) return { result: -EINVAL, bytes };
  const pointer = {
    read: (offset: number, length: number) => bytes.slice(offset, offset + length),
    write: (offset: number, from: Uint8Array) => {
      bytes.set(from, offset);
      return true;
    },
  };
  const cmd = copy_struct_from_user(pointer, abi.struct.byteLength, size);
  if (typeof cmd === "number") return { result: cmd, bytes };
  const reserved = abi.mustBeZero.map((name) => fieldOf(abi, name)).filter((field) => field !== undefined);
  if (reserved.some((field) => cmd.subarray(field.offset, end(field)).some((byte) => byte !== 0)))
    return { result: -EOPNOTSUPP, bytes };
  const [vdevice_id, start_gpa, end_gpa] = (["vdevice_id", "start_gpa", "end_gpa"] as const).map((name) => {
    const field = fieldOf(abi, name);
    return field === undefined ? 0 : get(cmd, field);
  }) as [number, number, number];
  const request = toKernel({ vdevice_id, start_gpa, end_gpa });
  const done = runCall(on.host, on.host.sys.tasks.ioctl(on.device.iommufd, IOMMU_VDEVICE_TSM_MAP, request));
  if (done < 0) return { result: done, bytes };
  const out = abi.progress === undefined ? undefined : fieldOf(abi, abi.progress);
  if (out === undefined) return { result: done === 0 ? 0 : -EINVAL, bytes };
  put(cmd, out, done === 0 ? (end_gpa - start_gpa) / PAGE_SIZE : done);
  pointer.write(0, cmd.subarray(0, Math.min(size, cmd.length)));
  return { result: 0, bytes };
}

function goodTrial({ abi, kernel }: OnTrial): Miss | undefined {
  const { result } = ask(abi, kernel, 2, abi.struct.byteLength);
  if (result === 0) return undefined;
  return {
    call: "map two pages",
    expected: "0",
    got: resultText(result),
    why: "A request that is in order has to get through.",
  };
}

function flagsTrial({ abi, kernel }: OnTrial): Miss | undefined {
  const field = fieldOf(abi, "flags");
  if (field === undefined) return undefined;
  const { result } = ask(abi, kernel, 2, abi.struct.byteLength, (bytes) => put(bytes, field, 1));
  if (result === -EOPNOTSUPP) return undefined;
  return {
    call: "map two pages with flags 1",
    expected: errnoName(-EOPNOTSUPP),
    got: resultText(result),
    why: "A flag that nobody knows has to be refused, or it can never be given a meaning.",
  };
}

/** Fields that are neither input nor output. */
function spare(abi: TsmMapAbi): FieldLayout[] {
  const used = new Set([...INPUTS.map(([name]) => name), abi.progress]);
  return abi.struct.fields.filter(({ name }) => !used.has(name));
}

function reservedTrial({ abi, kernel }: OnTrial): Miss | undefined {
  const reserved = spare(abi);
  for (const field of reserved) {
    const { result } = ask(abi, kernel, 2, abi.struct.byteLength, (bytes) => put(bytes, field, 1));
    if (result === -EOPNOTSUPP) continue;
    return {
      call: `map two pages with ${field.name} 1`,
      expected: errnoName(-EOPNOTSUPP),
      got: resultText(result),
      why: "What is reserved must be zero, and the kernel has to insist on it from the first version on.",
    };
  }
  const gap = paddingTrial({ abi, kernel });
  if (gap === undefined) return undefined;
  return { ...gap, why: "Bytes without a name cannot be tested for zero." };
}

function sizeTrial({ abi, kernel }: OnTrial): Miss | undefined {
  const least = minSize(abi);
  const needed = [...INPUTS.map(([name]) => name), ...(abi.progress === undefined ? [] : [abi.progress])];
  const beyond = needed
    .map((name) => fieldOf(abi, name))
    .find((field) => field !== undefined && end(field) > least);
  if (beyond !== undefined)
    return {
      call: `a structure of ${least} bytes, the least that is taken`,
      expected: `room for ${told(beyond)}`,
      got: `it ends with ${abi.last}, at byte ${least - 1}`,
      why: "What lies beyond the size that user space gives is read as zero, and never written back.",
    };
  const longer = ask(abi, kernel, 2, abi.struct.byteLength + 8);
  if (longer.result === 0) return undefined;
  return {
    call: "8 bytes more, all zero",
    expected: "0",
    got: resultText(longer.result),
    why: "A newer program with an older kernel gets through as long as it uses nothing new.",
  };
}

function progressTrial({ abi, kernel }: OnTrial): Miss | undefined {
  const why =
    "Two of four pages can be mapped. The caller has to learn that it was two: then it can go on, or clean up.";
  const call = "map four pages, of which two are there";
  if (abi.progress === undefined)
    return { call, expected: "a field with the number of pages", got: "nothing comes back", why };
  const field = fieldOf(abi, abi.progress);
  const { result, bytes } = ask(abi, kernel, 4, abi.struct.byteLength);
  const pages = field === undefined ? 0 : get(bytes, field);
  if (result === 0 && pages === 2) return undefined;
  return {
    call,
    expected: `0, and ${abi.progress} 2`,
    got: `${resultText(result)}, and ${abi.progress} ${pages}`,
    why,
  };
}

/** The structure, byte by byte, and what the handler makes of it. */
export const abiTrials: readonly Trial[] = [
  { id: "fields", title: "the fields that the call needs", play: fieldsTrial },
  { id: "alignment", title: "every field at a multiple of its width", play: alignmentTrial },
  { id: "padding", title: "no byte without a name", play: paddingTrial },
  { id: "good", title: "a request that is in order", play: goodTrial },
  { id: "flags", title: "an unknown flag is refused", play: flagsTrial },
  { id: "reserved", title: "what is reserved must be zero", play: reservedTrial },
  { id: "size", title: "sizes, from the least to a longer one", play: sizeTrial },
  { id: "progress", title: "how far it came", play: progressTrial },
];
