// SPDX-License-Identifier: MIT
import { type Struct, struct } from "../../base/layout.ts";

/**
 * KVM as user space sees it. Numbers are the full ioctl command numbers.
 *
 * @kernel include/uapi/linux/kvm.h
 */
export const KVM_API_VERSION = 12;
export const KVM_GET_API_VERSION = 0xae00;
export const KVM_CREATE_VM = 0xae01;
export const KVM_CHECK_EXTENSION = 0xae03;
export const KVM_GET_VCPU_MMAP_SIZE = 0xae04;
export const KVM_CREATE_VCPU = 0xae41;
export const KVM_RUN = 0xae80;
export const KVM_ENABLE_CAP = 0x4068aea3;
export const KVM_ARM_VCPU_INIT = 0x4020aeae;
export const KVM_ARM_VCPU_FINALIZE = 0x4004aec2;
export const KVM_SET_USER_MEMORY_REGION = 0x4020ae46;
export const KVM_SET_USER_MEMORY_REGION2 = 0x40a0ae49;
export const KVM_SET_MEMORY_ATTRIBUTES = 0x4020aed2;
export const KVM_CREATE_GUEST_MEMFD = 0xc040aed4;
export const KVM_PRE_FAULT_MEMORY = 0xc040aed5;

/** VM type word of KVM_CREATE_VM: IPA bits in 7:0, kind in 11:8. */
export const KVM_VM_TYPE_ARM_IPA_SIZE_MASK = 0xff;
export const KVM_VM_TYPE_ARM_NORMAL = 0x000;
export const KVM_VM_TYPE_ARM_REALM = 0x100;
export const KVM_VM_TYPE_ARM_MASK = 0xf00;

export const KVM_CAP_USER_MEMORY = 3;
export const KVM_CAP_NR_MEMSLOTS = 10;
export const KVM_CAP_ARM_VM_IPA_SIZE = 165;
export const KVM_CAP_USER_MEMORY2 = 231;
export const KVM_CAP_MEMORY_FAULT_INFO = 232;
export const KVM_CAP_MEMORY_ATTRIBUTES = 233;
export const KVM_CAP_GUEST_MEMFD = 234;
export const KVM_CAP_PRE_FAULT_MEMORY = 236;
/** The number it has in the v8 posting of the CCA host series. */
export const KVM_CAP_ARM_RME = 240;

export const KVM_CAP_ARM_RME_CONFIG_REALM = 0;
export const KVM_CAP_ARM_RME_CREATE_REALM = 1;
export const KVM_CAP_ARM_RME_INIT_RIPAS_REALM = 2;
export const KVM_CAP_ARM_RME_POPULATE_REALM = 3;
export const KVM_CAP_ARM_RME_ACTIVATE_REALM = 4;

export const KVM_CAP_ARM_RME_CFG_RPV = 0;
export const KVM_CAP_ARM_RME_CFG_HASH_ALGO = 1;
export const KVM_CAP_ARM_RME_MEASUREMENT_ALGO_SHA256 = 0;
export const KVM_CAP_ARM_RME_MEASUREMENT_ALGO_SHA512 = 1;
export const KVM_ARM_RME_POPULATE_FLAGS_MEASURE = 1;

export const KVM_MEM_LOG_DIRTY_PAGES: number = 1 << 0;
export const KVM_MEM_READONLY: number = 1 << 1;
export const KVM_MEM_GUEST_MEMFD: number = 1 << 2;

export const KVM_MEMORY_ATTRIBUTE_PRIVATE: number = 1 << 3;

/** Flags of KVM_CREATE_GUEST_MEMFD, from 6.17 and 6.18 on: the file can be mapped, and its pages begin as shared. */
export const GUEST_MEMFD_FLAG_MMAP: number = 1 << 0;
export const GUEST_MEMFD_FLAG_INIT_SHARED: number = 1 << 1;

export const KVM_ARM_VCPU_REC = 9;

export const KVM_EXIT_UNKNOWN = 0;
export const KVM_EXIT_HYPERCALL = 3;
export const KVM_EXIT_MMIO = 6;
export const KVM_EXIT_FAIL_ENTRY = 9;
export const KVM_EXIT_INTR = 10;
export const KVM_EXIT_SYSTEM_EVENT = 24;
export const KVM_EXIT_MEMORY_FAULT = 39;
export const KVM_MEMORY_EXIT_FLAG_PRIVATE: number = 1 << 3;
export const KVM_SYSTEM_EVENT_SHUTDOWN = 1;

const KVM_H = "include/uapi/linux/kvm.h";
const ARM_KVM_H = "arch/arm64/include/uapi/asm/kvm.h";

const regionFields = {
  slot: ["u32", 0],
  flags: ["u32", 4],
  guest_phys_addr: ["u64", 8],
  memory_size: ["u64", 16],
  userspace_addr: ["u64", 24],
} as const;
/** Argument of KVM_SET_USER_MEMORY_REGION; sizes and addresses are bytes. */
export const kvm_userspace_memory_region: Struct<typeof regionFields> = struct(
  "kvm_userspace_memory_region",
  regionFields,
  32,
  KVM_H,
);

const region2Fields = {
  slot: ["u32", 0],
  flags: ["u32", 4],
  guest_phys_addr: ["u64", 8],
  memory_size: ["u64", 16],
  userspace_addr: ["u64", 24],
  guest_memfd_offset: ["u64", 32],
  guest_memfd: ["u32", 40],
  pad1: ["u32", 44],
  pad2: ["u64", 48, 14],
} as const;
/** Argument of KVM_SET_USER_MEMORY_REGION2: as the first, and where in which guest_memfd the memory is. */
export const kvm_userspace_memory_region2: Struct<typeof region2Fields> = struct(
  "kvm_userspace_memory_region2",
  region2Fields,
  160,
  KVM_H,
);

const attributesFields = {
  address: ["u64", 0],
  size: ["u64", 8],
  attributes: ["u64", 16],
  flags: ["u64", 24],
} as const;
/** Argument of KVM_SET_MEMORY_ATTRIBUTES: a range of guest physical addresses in bytes, and its new value. */
export const kvm_memory_attributes: Struct<typeof attributesFields> = struct(
  "kvm_memory_attributes",
  attributesFields,
  32,
  KVM_H,
);

const guestMemfdFields = { size: ["u64", 0], flags: ["u64", 8], reserved: ["u64", 16, 6] } as const;
/** Argument of KVM_CREATE_GUEST_MEMFD. Its `size` is the size of the file in bytes, not of the structure. */
export const kvm_create_guest_memfd: Struct<typeof guestMemfdFields> = struct(
  "kvm_create_guest_memfd",
  guestMemfdFields,
  64,
  KVM_H,
);

const preFaultFields = {
  gpa: ["u64", 0],
  size: ["u64", 8],
  flags: ["u64", 16],
  padding: ["u64", 24, 5],
} as const;
/** Argument of KVM_PRE_FAULT_MEMORY; it comes back with what is left to do. `size` is bytes of guest memory. */
export const kvm_pre_fault_memory: Struct<typeof preFaultFields> = struct(
  "kvm_pre_fault_memory",
  preFaultFields,
  64,
  KVM_H,
);

const enableCapFields = {
  cap: ["u32", 0],
  flags: ["u32", 4],
  args: ["u64", 8, 4],
  pad: ["bytes", 40, 64],
} as const;
/** Argument of KVM_ENABLE_CAP. */
export const kvm_enable_cap: Struct<typeof enableCapFields> = struct(
  "kvm_enable_cap",
  enableCapFields,
  104,
  KVM_H,
);

const vcpuInitFields = { target: ["u32", 0], features: ["u32", 4, 7] } as const;
/** Argument of KVM_ARM_VCPU_INIT: features are bits in seven words. */
export const kvm_vcpu_init: Struct<typeof vcpuInitFields> = struct(
  "kvm_vcpu_init",
  vcpuInitFields,
  32,
  ARM_KVM_H,
);

const rmeConfigFields = { cfg: ["u32", 0], rpv: ["bytes", 4, 64], reserved: ["bytes", 68, 192] } as const;
/** What KVM_CAP_ARM_RME_CONFIG_REALM points to; for the hash algorithm the word is where `rpv` starts. */
export const kvm_cap_arm_rme_config_item: Struct<typeof rmeConfigFields> = struct(
  "kvm_cap_arm_rme_config_item",
  rmeConfigFields,
  260,
  ARM_KVM_H,
);

const initRipasFields = { base: ["u64", 0], size: ["u64", 8], reserved: ["u64", 16, 2] } as const;
/** What KVM_CAP_ARM_RME_INIT_RIPAS_REALM points to: a range in bytes. `size` is the length of the range. */
export const kvm_cap_arm_rme_init_ripas_args: Struct<typeof initRipasFields> = struct(
  "kvm_cap_arm_rme_init_ripas_args",
  initRipasFields,
  32,
  ARM_KVM_H,
);

const populateFields = {
  base: ["u64", 0],
  size: ["u64", 8],
  flags: ["u32", 16],
  reserved: ["u32", 20, 3],
} as const;
/** What KVM_CAP_ARM_RME_POPULATE_REALM points to: a range in bytes. `size` is the length of the range. */
export const kvm_cap_arm_rme_populate_realm_args: Struct<typeof populateFields> = struct(
  "kvm_cap_arm_rme_populate_realm_args",
  populateFields,
  32,
  ARM_KVM_H,
);

const runFields = {
  exit_reason: ["u32", 8],
  memory_fault_flags: ["u64", 32],
  memory_fault_gpa: ["u64", 40],
  memory_fault_size: ["u64", 48],
} as const;
/** The page that user space shares with a vCPU, as far as a realm uses it (memory-fault exits). */
export const kvm_run: Struct<typeof runFields> = struct("kvm_run", runFields, 4096, KVM_H);

const mmioFields = {
  exit_reason: ["u32", 8],
  phys_addr: ["u64", 32],
  data: ["bytes", 40, 8],
  len: ["u32", 48],
  is_write: ["u8", 52],
} as const;
/** The same page after KVM_EXIT_MMIO. */
export const kvm_run_mmio: Struct<typeof mmioFields> = struct("kvm_run", mmioFields, 4096, KVM_H);
