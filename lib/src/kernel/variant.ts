// SPDX-License-Identifier: MIT
import type { Task } from "../base/task.ts";
import type { PrivateMemslotFault } from "./kvm/arm64/fault.ts";
import { kvm_map_private_memory } from "./kvm/arm64/map-private-memory.ts";
import type { Kvm } from "./kvm/kvm.ts";
import { kvm_map_private_memory as withAll } from "./variants/all.ts";
import { kvm_map_private_memory as withAttributeCheck } from "./variants/attribute-check.ts";
import { kvm_map_private_memory as withFaultLock } from "./variants/fault-lock.ts";
import { private_memslot_fault } from "./variants/fault-path.ts";
import { kvm_map_private_memory as withRangeChecks } from "./variants/range-checks.ts";
import { kvm_map_private_memory as withRollbackAndProgress } from "./variants/rollback-and-progress.ts";
import { kvm_map_private_memory as withSequenceRetry } from "./variants/sequence-retry.ts";

/**
 * A kernel to boot: the functions that designs and learners replace. Addresses are bytes, the end is exclusive.
 */
export interface KernelVariant {
  readonly name: string;
  /** Maps a range of guest memory into the realm; 0 or a negative errno. */
  readonly kvm_map_private_memory: (kvm: Kvm, start_gpa: number, end_gpa: number) => Task<number>;
  /** Handles a fault of a vCPU on private memory, where that is repaired too. @default the fault path of the base */
  readonly private_memslot_fault?: PrivateMemslotFault;
}

/**
 * The kernels that come with the library: the patch as posted, the posted function with one repair each, with all of
 * them, and with all of them and the fault path of the base repaired in the same way.
 */
export const variants: readonly KernelVariant[] = [
  { name: "rfc-v1", kvm_map_private_memory },
  { name: "rfc-v1+range-checks", kvm_map_private_memory: withRangeChecks },
  { name: "rfc-v1+attribute-check", kvm_map_private_memory: withAttributeCheck },
  { name: "rfc-v1+fault-lock", kvm_map_private_memory: withFaultLock },
  { name: "rfc-v1+sequence-retry", kvm_map_private_memory: withSequenceRetry },
  { name: "rfc-v1+rollback-and-progress", kvm_map_private_memory: withRollbackAndProgress },
  { name: "rfc-v1+all", kvm_map_private_memory: withAll },
  { name: "rfc-v1+all+fault-path", kvm_map_private_memory: withAll, private_memslot_fault },
];

/** The variant of a name. Throws a RangeError with the known names. */
export function resolveVariant(kernel: string | KernelVariant): KernelVariant {
  if (typeof kernel !== "string") return kernel;
  const found = variants.find((variant) => variant.name === kernel);
  if (found === undefined) {
    throw new RangeError(
      `boot knows no kernel "${kernel}"; it knows ${variants.map(({ name }) => name).join(", ")}`,
    );
  }
  return found;
}
