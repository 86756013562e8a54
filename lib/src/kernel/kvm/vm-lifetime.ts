// SPDX-License-Identifier: MIT
import { type Pa, pfnToPa } from "../../base/address.ts";
import { EINVAL, ENOMEM, EPERM } from "../../base/errno.ts";
import { type Task, unnoted } from "../../base/task.ts";
import { RMI_VERSION } from "../../rmm/fid.ts";
import { RMI_SUCCESS, statusOf } from "../../rmm/status.ts";
import type { task_struct } from "../fs/file.ts";
import type { Kernel } from "../kernel.ts";
import { NO_PAGE } from "../mm/pages.ts";
import { kvm_destroy_realm } from "./arm64/realm-create.ts";
import { freePgd, kvm_free_stage2_pgd } from "./arm64/realm-teardown.ts";
import { Kvm } from "./kvm.ts";
import { kvm_free_memslot } from "./set-memslot.ts";
import {
  KVM_VM_TYPE_ARM_IPA_SIZE_MASK,
  KVM_VM_TYPE_ARM_MASK,
  KVM_VM_TYPE_ARM_NORMAL,
  KVM_VM_TYPE_ARM_REALM,
} from "./uapi.ts";

/** IPA bits of a VM whose type does not say. */
const KVM_PHYS_SHIFT = 40;
/** Fewest IPA bits that a VM may ask for. */
const ARM64_MIN_PARANGE_BITS = 32;
/** Most IPA bits that this host offers. */
export const KVM_IPA_LIMIT = 48;
/** Version 1.0, as RMI_VERSION takes it. */
const RMI_ABI_VERSION = 1 << 16;

/** Levels of stage 2 for a number of IPA bits, with 4 KiB pages. @kernel arch/arm64/include/asm/stage2_pgtable.h */
export function stage2Levels(ipa_bits: number): number {
  return Math.max(2, Math.floor((ipa_bits - 8) / 9));
}

/** Root tables that lie side by side so that the walk can start one level lower. */
function pgdPages(ipa_bits: number): number {
  const covered = 12 + 9 * stage2Levels(ipa_bits);
  return Math.max(1, 2 ** (ipa_bits - covered));
}

function rmmIsThere(kernel: Kernel): boolean {
  return statusOf(kernel.rmm.smc(RMI_VERSION, RMI_ABI_VERSION)) === RMI_SUCCESS;
}

/**
 * Makes a VM of the given type. Returns -EINVAL for a type that does not exist, -EPERM for a realm without a
 * firmware that could host it, -ENOMEM.
 *
 * @kernel virt/kvm/kvm_main.c, arch/arm64/kvm/arm.c
 */
export function kvm_create_vm(kernel: Kernel, type: number, current: task_struct): Kvm | number {
  const known = KVM_VM_TYPE_ARM_MASK | KVM_VM_TYPE_ARM_IPA_SIZE_MASK;
  const kind = type & KVM_VM_TYPE_ARM_MASK;
  if (!Number.isInteger(type) || type < 0 || type > known) return -EINVAL;
  if (kind !== KVM_VM_TYPE_ARM_NORMAL && kind !== KVM_VM_TYPE_ARM_REALM) return -EINVAL;
  const isRealm = kind === KVM_VM_TYPE_ARM_REALM;
  if (isRealm && !rmmIsThere(kernel)) return -EPERM;
  const ipa_bits = type & KVM_VM_TYPE_ARM_IPA_SIZE_MASK || KVM_PHYS_SHIFT;
  if (ipa_bits < ARM64_MIN_PARANGE_BITS || ipa_bits > KVM_IPA_LIMIT) return -EINVAL;

  if (kernel.faults.hit("alloc")) return -ENOMEM;
  const count = pgdPages(ipa_bits);
  const pgd = kernel.pages.alloc_contiguous(count);
  if (pgd === NO_PAGE) return -ENOMEM;
  const mmu = { ipa_bits, levels: stage2Levels(ipa_bits), pgd_phys: pfnToPa(pgd), pgd_pages: count };
  const params = isRealm ? kernel.pages.alloc_zeroed_page() : NO_PAGE;
  const kvm = new Kvm(kernel, current.mm, mmu, isRealm, params);
  if (isRealm && params === NO_PAGE) {
    freePgd(kvm);
    return -ENOMEM;
  }
  kernel.vm_list.add(kvm);
  return kvm;
}

/** Drops a reference on a VM; the last one ends it. @kernel virt/kvm/kvm_main.c */
export function* kvm_put_kvm(kvm: Kvm): Task<void> {
  kvm.users_count--;
  if (kvm.users_count === 0) yield* unnoted(kvm_destroy_vm(kvm));
}

/** Stage 2 goes first, then the vCPUs, the realm, and the slots. @kernel virt/kvm/kvm_main.c */
function* kvm_destroy_vm(kvm: Kvm): Task<void> {
  kvm.kernel.vm_list.delete(kvm);
  if (kvm.mmu_notifier !== undefined) kvm.mm.mmu_notifiers.delete(kvm.mmu_notifier);
  yield* kvm_free_stage2_pgd(kvm);
  for (const vcpu of kvm.vcpus.values()) vcpu.destroy();
  kvm.vcpus.clear();
  kvm_destroy_realm(kvm);
  freePgd(kvm);
  kvm.arch.mmu.pgd_phys = 0 as Pa;
  for (const slot of kvm.memslots.gfn_tree) yield* kvm_free_memslot(slot);
}
