// SPDX-License-Identifier: MIT
// What random programs are made of: values that programs get wrong, paths, and commands with their structures.

/** @typedef {typeof import("../../lib/src/index.ts")} Simulator */

/** Bytes in a page. */
export const PAGE = 4096;
/** Where the guest's memory begins, in bytes. */
export const GPA = 0x8000_0000;

/** 64-bit values that programs get wrong. */
export const WORDS = [
  0n,
  1n,
  2n,
  3n,
  4n,
  5n,
  8n,
  9n,
  0x100n,
  0xfffn,
  0x1000n,
  0x1001n,
  0x2000n,
  0x4000n,
  0x20_0000n,
  0x4000_0000n,
  0x8000_0000n,
  0x8000_0800n,
  0x8000_1000n,
  0x8000_4000n,
  0x8020_0000n,
  1n << 32n,
  1n << 39n,
  (1n << 39n) + 0x8000_0000n,
  1n << 40n,
  (1n << 40n) - 0x1000n,
  1n << 47n,
  1n << 50n,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 0x1000n,
  (1n << 64n) - 1n,
  0x7f00_0000_0000n,
  0x7f00_0000_1000n,
  0x7f00_0000_8000n,
];

/** Arguments that fit no register. */
export const ODD_NUMBERS = [
  Number.NaN,
  0.5,
  -0.25,
  4096.5,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 60,
  -1,
  -4096,
];

/** What opening a path gives. @type {Record<string, string>} */
export const KIND_OF_PATH = {
  "/dev/kvm": "kvm",
  "/dev/iommu": "iommufd",
  "/dev/shm": "shm",
  "/dev/vfio/devices/vfio0": "vfio",
  "/dev/vfio/devices/vfio1": "vfio",
  "/dev/null": "kvm",
};

/** The kind of file that a command is for. @param {string} name */
function kindOf(name) {
  if (/^IOMMU_|^VFIO_(IOMMU|SET_IOMMU|GET_API|CHECK)/.test(name)) return "iommufd";
  if (name.startsWith("VFIO_")) return "vfio";
  if (/VCPU_INIT|VCPU_FINALIZE|KVM_RUN|PRE_FAULT/.test(name)) return "vcpu";
  return /API_VERSION|CREATE_VM$|MMAP_SIZE/.test(name) ? "kvm" : "vm";
}

/**
 * @param {Simulator} sim
 * @returns {{ name: string, command: number, kind: string, make: () => Uint8Array }[]} each command with the structure that belongs to it
 */
export function commandsOf(sim) {
  const all = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (sim));
  const commands = [];
  for (const [name, value] of Object.entries(all)) {
    if (typeof value !== "number" || value < 0x3b00 || !/^(IOMMU|KVM|VFIO)_/.test(name)) continue;
    const layout = all[name.toLowerCase()] ?? all[STRUCT_OF[name] ?? ""];
    const make =
      typeof layout === "function" ? /** @type {() => Uint8Array} */ (layout) : () => new Uint8Array(64);
    commands.push({ name, command: value, kind: kindOf(name), make });
  }
  return commands;
}

/** Commands whose structure is not named after them. @type {Record<string, string>} */
const STRUCT_OF = {
  KVM_SET_USER_MEMORY_REGION: "kvm_userspace_memory_region",
  KVM_SET_USER_MEMORY_REGION2: "kvm_userspace_memory_region2",
  KVM_SET_MEMORY_ATTRIBUTES: "kvm_memory_attributes",
  KVM_ARM_VCPU_INIT: "kvm_vcpu_init",
  IOMMU_GET_HW_INFO: "iommu_hw_info",
  IOMMU_FAULT_QUEUE_ALLOC: "iommu_fault_alloc",
  VFIO_DEVICE_GET_INFO: "vfio_device_info",
  VFIO_IOMMU_GET_INFO: "vfio_iommu_type1_info",
  VFIO_IOMMU_MAP_DMA: "vfio_iommu_type1_dma_map",
  VFIO_IOMMU_UNMAP_DMA: "vfio_iommu_type1_dma_unmap",
};
