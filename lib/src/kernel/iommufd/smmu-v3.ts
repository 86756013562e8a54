// SPDX-License-Identifier: MIT
import { EINVAL, EIO, ENOMEM } from "../../base/errno.ts";
import type { task_struct } from "../fs/file.ts";
import { IOMMU_HWPT_DATA_ARM_SMMUV3, IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 } from "./uapi.ts";
import { iommu_hwpt_arm_smmuv3, iommu_viommu_arm_smmuv3_invalidate } from "./uapi-structs.ts";
import { copy_struct_from_user } from "./ucmd.ts";

/**
 * What the driver of the device's IOMMU adds to iommufd: an SMMUv3 that can nest.
 *
 * Left out: dirty tracking, PASIDs, page requests, event queues and hardware queues for a VM. One liberty: a nested
 * domain may also be made straight from its parent, as other drivers offer, and not only through a vIOMMU.
 *
 * @kernel drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-iommufd.c
 */

/** Start of the window in which devices write to signal interrupts, which no mapping may use. */
export const MSI_IOVA_BASE = 0x800_0000n;
/** Bytes of that window. */
export const MSI_IOVA_LENGTH = 0x10_0000n;

/** Driver data that user space gave along: type, address and length in bytes. */
export interface UserData {
  readonly type: number;
  readonly uptr: number;
  readonly len: number;
}

/** How a nested domain translates before its parent does. */
export type NestedConfig = "abort" | "bypass" | "stage 1";

const STE_V = 1n;
const STE_CFG_SHIFT = 1n;
const CONFIGS: Readonly<Record<string, NestedConfig>> = { "0": "abort", "4": "bypass", "5": "stage 1" };
// V, Config, S1Fmt, S1ContextPtr and S1CDMax.
const STE_0_NESTING_ALLOWED = 0xf80f_ffff_ffff_ffffn;
// S1DSS, S1CIR, S1COR, S1CSH, S1STALLD and EATS.
const STE_1_NESTING_ALLOWED = 0x3800_00ffn;
/** How far the guest lets its device use ATS: not at all, or in full. */
const STE_EATS_SHIFT = 28n;
const STE_EATS_TRANS = 1n;

/**
 * Reads the guest's stream table entry. Returns -EINVAL for another type of data or too little of it, -E2BIG or
 * -EFAULT from copying, and -EIO for an entry that the driver does not let through.
 */
export function readNestedConfig(current: task_struct, data: UserData): NestedConfig | number {
  if (data.type !== IOMMU_HWPT_DATA_ARM_SMMUV3) return -EINVAL;
  const size = iommu_hwpt_arm_smmuv3.byteLength;
  if (data.len < size) return -EINVAL;
  const bytes = copy_struct_from_user(current.mm.at(data.uptr), size, data.len);
  if (typeof bytes === "number") return bytes;
  const [ste0 = 0n, ste1 = 0n] = iommu_hwpt_arm_smmuv3.decode(bytes).ste;
  if ((ste0 & STE_V) === 0n) return "abort";
  if ((ste0 & ~STE_0_NESTING_ALLOWED) !== 0n || (ste1 & ~STE_1_NESTING_ALLOWED) !== 0n) return -EIO;
  if (((ste1 >> STE_EATS_SHIFT) & 3n) > STE_EATS_TRANS) return -EIO;
  return CONFIGS[String((ste0 >> STE_CFG_SHIFT) & 7n)] ?? -EIO;
}

/** Opcodes that a guest's command queue may hold, and whether each names a stream. */
const COMMANDS: Readonly<Record<number, { readonly name: string; readonly stream: boolean }>> = {
  5: { name: "CFGI_CD", stream: true },
  6: { name: "CFGI_CD_ALL", stream: true },
  16: { name: "TLBI_NH_ALL", stream: false },
  17: { name: "TLBI_NH_ASID", stream: false },
  18: { name: "TLBI_NH_VA", stream: false },
  19: { name: "TLBI_NH_VAA", stream: false },
  48: { name: "TLBI_NSNH_ALL", stream: false },
  64: { name: "ATC_INV", stream: true },
};

/** Entries of an invalidation as user space describes them. */
export interface InvalidationArray extends UserData {
  readonly entry_num: number;
}

/** The largest piece of memory that the kernel allocates for itself, in bytes. @kernel KMALLOC_MAX_SIZE */
const KMALLOC_MAX_SIZE = 2 ** 22;

/**
 * Copies the guest's invalidation commands, then checks one after another. There is nothing to invalidate, since
 * nothing caches the first stage; what can be seen is the answer: -ENOMEM (for more entries than the kernel can hold,
 * and then all are reported as done), -EINVAL for another type of data or no entries, -E2BIG and -EFAULT from copying,
 * and -EIO for a command that is not allowed or names a device that the vIOMMU does not have.
 *
 * @param hasVirtualId tells whether a vdevice with this virtual id exists
 * @returns the result, and how many entries were done
 */
export function arm_vsmmu_cache_invalidate(
  current: task_struct,
  array: InvalidationArray,
  hasVirtualId: (virt_id: bigint) => boolean,
): { readonly result: number; readonly done: number } {
  const layout = iommu_viommu_arm_smmuv3_invalidate;
  const { type, uptr, len, entry_num } = array;
  if (entry_num * layout.byteLength > KMALLOC_MAX_SIZE) return { result: -ENOMEM, done: entry_num };
  if (type !== IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 || entry_num === 0)
    return { result: -EINVAL, done: 0 };
  const words: bigint[] = [];
  for (let n = 0; n < entry_num; n++) {
    const bytes = copy_struct_from_user(current.mm.at(uptr + n * len), layout.byteLength, len);
    if (typeof bytes === "number") return { result: bytes, done: 0 };
    words.push(layout.decode(bytes).cmd[0] ?? 0n);
  }
  for (const [done, word] of words.entries()) {
    const command = COMMANDS[Number(word & 0xffn)];
    if (command === undefined) return { result: -EIO, done };
    if (command.stream && !hasVirtualId(word >> 32n)) return { result: -EIO, done };
  }
  return { result: 0, done: entry_num };
}

/** Identification registers of the SMMU: both stages, AArch64 tables, 4 KiB pages, 48 bits of address. */
export const SMMU_IDR: readonly number[] = [0b1011, 0, 0, 0, 0, 0b0001_0101];
