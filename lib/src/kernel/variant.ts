// SPDX-License-Identifier: MIT
import type { Task } from "../base/task.ts";
import { kvm_map_private_memory } from "./kvm/arm64/map-private-memory.ts";
import type { Kvm } from "./kvm/kvm.ts";

/**
 * A kernel to boot: the functions that designs and learners replace. Addresses are bytes, the end is exclusive.
 */
export interface KernelVariant {
  readonly name: string;
  /** Maps a range of guest memory into the realm; 0 or a negative errno. */
  readonly kvm_map_private_memory: (kvm: Kvm, start_gpa: number, end_gpa: number) => Task<number>;
}

const variants: readonly KernelVariant[] = [{ name: "rfc-v1", kvm_map_private_memory }];

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
