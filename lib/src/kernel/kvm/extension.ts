// SPDX-License-Identifier: MIT
import type { Kernel } from "../kernel.ts";
import { type Kvm, kvm_arch_has_private_mem } from "./kvm.ts";
import { KVM_USER_MEM_SLOTS } from "./memslots.ts";
import {
  KVM_CAP_ARM_RME,
  KVM_CAP_ARM_VM_IPA_SIZE,
  KVM_CAP_GUEST_MEMFD,
  KVM_CAP_MEMORY_ATTRIBUTES,
  KVM_CAP_MEMORY_FAULT_INFO,
  KVM_CAP_NR_MEMSLOTS,
  KVM_CAP_PRE_FAULT_MEMORY,
  KVM_CAP_USER_MEMORY,
  KVM_CAP_USER_MEMORY2,
  KVM_MEMORY_ATTRIBUTE_PRIVATE,
} from "./uapi.ts";
import { KVM_IPA_LIMIT } from "./vm-lifetime.ts";

/**
 * What KVM_CHECK_EXTENSION answers: 0 for what is not there. Asked of a VM it tells of that VM, asked of
 * /dev/kvm it tells what some VM could have. KVM_PRE_FAULT_MEMORY came to arm64 in 2026.
 *
 * @kernel virt/kvm/kvm_main.c, arch/arm64/kvm/arm.c
 */
export function extension(capability: number, kernel: Kernel, kvm: Kvm | undefined): number {
  const privateMemory = kvm === undefined || kvm_arch_has_private_mem(kvm);
  switch (capability) {
    case KVM_CAP_USER_MEMORY:
    case KVM_CAP_USER_MEMORY2:
    case KVM_CAP_MEMORY_FAULT_INFO:
    case KVM_CAP_ARM_RME:
      return 1;
    case KVM_CAP_NR_MEMSLOTS:
      return KVM_USER_MEM_SLOTS;
    case KVM_CAP_ARM_VM_IPA_SIZE:
      return KVM_IPA_LIMIT;
    case KVM_CAP_GUEST_MEMFD:
      return privateMemory ? 1 : 0;
    case KVM_CAP_MEMORY_ATTRIBUTES:
      return privateMemory ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0;
    case KVM_CAP_PRE_FAULT_MEMORY:
      return kernel.config.KVM_RELEASE === "2026" ? 1 : 0;
    default:
      return 0;
  }
}
