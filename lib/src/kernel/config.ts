// SPDX-License-Identifier: MIT
/**
 * How the kernel was built, as far as it changes what user space sees. Tristate options say `m` for a module.
 *
 * @kernel Kconfig of drivers/iommu/iommufd, drivers/virt/coco, arch/arm64/kvm
 */
export interface KernelConfig {
  /**
   * Architecture. Only arm64 has a strong `kvm_map_private_memory` and a TSM driver. Nothing else of the model changes
   * with it: VMs, realms and the SMMU stay those of arm64. @default "arm64"
   */
  readonly ARCH: "arm64" | "x86";
  /** `/dev/kvm`. @default "y" */
  readonly CONFIG_KVM: "y" | "n";
  /** `/dev/iommu`. As a module it carries its own weak `kvm_map_private_memory`. @default "y" */
  readonly CONFIG_IOMMUFD: "y" | "m";
  /** The TSM core. The patch tests it with #ifdef, so `m` selects the stubs just as `n` does. @default "y" */
  readonly CONFIG_TSM: "y" | "m" | "n";
  /**
   * Which KVM. "2025" is the base of the patch. "2026" has what came until then and changes what is seen here: the
   * guest_memfd flags MMAP and INIT_SHARED, KVM_PRE_FAULT_MEMORY on arm64, and the repaired check of a slot that
   * loses its guest_memfd. Everything else of the realm code stays as in 2025. @default "2025"
   */
  readonly KVM_RELEASE: "2025" | "2026";
}

/** The build that the patch was written for. */
export const DEFAULT_CONFIG: KernelConfig = {
  ARCH: "arm64",
  CONFIG_KVM: "y",
  CONFIG_IOMMUFD: "y",
  CONFIG_TSM: "y",
  KVM_RELEASE: "2025",
};
