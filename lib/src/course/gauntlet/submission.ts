// SPDX-License-Identifier: MIT
import type { FieldLayout } from "../../base/layout.ts";
import type { Task } from "../../base/task.ts";
import { checked } from "../../explore/learner.ts";
import { iommu_vdevice_tsm_map } from "../../kernel/iommufd/uapi-structs.ts";
import { kvm_map_private_memory as posted } from "../../kernel/kvm/arm64/map-private-memory.ts";
import type { Kvm } from "../../kernel/kvm/kvm.ts";
import type { kvm_mmu_memory_cache } from "../../kernel/mm/memory-cache.ts";
import type { KernelVariant } from "../../kernel/variant.ts";

/** Maps a range of guest memory (bytes, end exclusive): 0, a negative errno, or how many pages were done. */
export type MapRangeFunction = KernelVariant["kvm_map_private_memory"];

/**
 * Maps one page of guest memory, and keeps a reference on it only with 0.
 *
 * @returns 0; -EAGAIN when the page was taken away meanwhile; -EEXIST when it was mapped already; or why it cannot be
 */
export type MapPageFunction = (kvm: Kvm, addr: number, cache: kvm_mmu_memory_cache) => Task<number>;

/** A structure of the uAPI, whatever its fields. */
export interface AbiStruct {
  readonly structName: string;
  /** `sizeof` in bytes. */
  readonly byteLength: number;
  readonly fields: readonly FieldLayout[];
}

/** The argument of the ioctl, and what the handler does about it before and after mapping. */
export interface TsmMapAbi {
  readonly struct: AbiStruct;
  /** The field with which the least size ends, as the table of ioctls names it. */
  readonly last: string;
  /** Fields that must be zero: with anything else there, the answer is -EOPNOTSUPP. */
  readonly mustBeZero: readonly string[];
  /** Where the number of pages that are mapped is written; without one, a range that ends early is an error. */
  readonly progress?: string;
}

/** What goes through the gauntlet. */
export interface Submission {
  readonly kvm_map_private_memory: MapRangeFunction;
  /** @default the structure as posted */
  readonly abi?: TsmMapAbi;
}

/** The structure as posted: one field is tested, and nothing comes back. */
export const postedAbi: TsmMapAbi = {
  struct: iommu_vdevice_tsm_map,
  last: "vdevice_id",
  mustBeZero: ["flags"],
};

/** What was posted. */
export const postedSubmission: Submission = { kvm_map_private_memory: posted, abi: postedAbi };

/** The kernel with a function of the learner's, which is checked for being one of the kernel's. */
export function kernelWith(kvm_map_private_memory: MapRangeFunction): KernelVariant {
  return checked({ name: "yours", kvm_map_private_memory });
}

/** Why something cannot go through the gauntlet, in a sentence; nothing if it can. */
export function notASubmission(given: unknown): string | undefined {
  const { kvm_map_private_memory, abi } = (given ?? {}) as {
    kvm_map_private_memory?: unknown;
    abi?: unknown;
  };
  if (typeof kvm_map_private_memory !== "function")
    return "The gauntlet takes an object with kvm_map_private_memory, a function*(kvm, start_gpa, end_gpa).";
  return abi === undefined ? undefined : notAnAbi(abi);
}

/** Why something is no description of an argument, in a sentence. */
export function notAnAbi(given: unknown): string | undefined {
  const abi = (given ?? {}) as { [K in keyof TsmMapAbi]?: unknown };
  const { fields, byteLength } = (abi.struct ?? {}) as { fields?: unknown; byteLength?: unknown };
  if (!Array.isArray(fields) || typeof byteLength !== "number")
    return 'The structure is made by struct("iommu_vdevice_tsm_map", { field: [type, offset], ... }, sizeof, "yours").';
  if (!Array.isArray(abi.mustBeZero)) return "mustBeZero is a list of names of fields.";
  const names = new Set(fields.map(({ name }: FieldLayout) => name));
  const unknown = [abi.last, ...abi.mustBeZero, ...(abi.progress === undefined ? [] : [abi.progress])].find(
    (name) => typeof name !== "string" || !names.has(name),
  );
  return unknown === undefined
    ? undefined
    : `The structure has no field ${JSON.stringify(unknown) ?? String(unknown)}; it has ${[...names].join(", ")}.`;
}
