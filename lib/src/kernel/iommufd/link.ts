// SPDX-License-Identifier: MIT
import { EINVAL } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import type { KernelConfig } from "../config.ts";
import type { MapPrivateMemory, Resolution } from "./object-table.ts";

/** Symbols of other parts of the kernel that iommufd calls. */
export interface LinkedSymbols {
  readonly kvm_map_private_memory: MapPrivateMemory;
}

/** The fallback that the patch defines next to its handler. @kernel drivers/iommu/iommufd/viommu.c */
// biome-ignore lint/correctness/useYield: it has the type of the function that it stands in for.
export function* weak_kvm_map_private_memory(): Task<number> {
  return -EINVAL;
}

/**
 * What a build calls when iommufd calls `kvm_map_private_memory`. The strong definition is in KVM for arm64, and the
 * linker takes it only where it links both into one image: a module brings its own weak definition along, and the
 * module loader resolves undefined symbols only.
 */
export function resolveSymbols(config: KernelConfig, strong: LinkedSymbols): Resolution {
  const weak = { definition: "weak", kvm_map_private_memory: weak_kvm_map_private_memory } as const;
  if (config.ARCH !== "arm64") return { ...weak, reason: "only arm64 defines the function" };
  if (config.CONFIG_IOMMUFD === "m")
    return { ...weak, reason: "the module carries a definition of its own, so nothing is left to resolve" };
  const { kvm_map_private_memory } = strong;
  return { definition: "strong", reason: "both are linked into the kernel image", kvm_map_private_memory };
}

/**
 * Why a configuration does not build, or `undefined` if it does. Patch 07 defines `viommu_get_kvm` only with KVM, but
 * calls it always.
 */
export function buildError(config: KernelConfig): string | undefined {
  return config.CONFIG_KVM === "n"
    ? "With CONFIG_KVM=n this kernel does not compile: iommufd calls viommu_get_kvm, which exists only with KVM."
    : undefined;
}
