// SPDX-License-Identifier: MIT
import { alignDown, type Gfn, PAGE_SIZE, pfnToPa } from "../../../base/address.ts";
import { EFAULT, EINVAL, ENXIO, EPERM } from "../../../base/errno.ts";
import type { Task } from "../../../base/task.ts";
import { indexOf, RMI_ERROR_RTT, RMI_SUCCESS, statusOf } from "../../../rmm/status.ts";
import { NO_PAGE } from "../../mm/pages.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../gmem-get-pfn.ts";
import type { Kvm } from "../kvm.ts";
import { gfn_to_memslot, type kvm_memory_slot, kvm_slot_can_be_private } from "../memslots.ts";
import type { kvm_cap_arm_rme_init_ripas_args, kvm_cap_arm_rme_populate_realm_args } from "../uapi.ts";
import { KVM_ARM_RME_POPULATE_FLAGS_MEASURE } from "../uapi.ts";
import {
  rmi_data_create,
  rmi_granule_delegate,
  rmi_granule_undelegate,
  rmi_rtt_init_ripas,
} from "./rmi-cmds.ts";
import {
  find_map_level,
  RMM_L2_BLOCK_SIZE,
  RMM_RTT_MAX_LEVEL,
  realm_create_rtt_levels,
} from "./rtt-levels.ts";

/**
 * Declares a range (bytes) of a realm that does not run yet to be RAM, making the tables it needs.
 *
 * Returns 0; -EINVAL for a range that wraps or is not page aligned, or a realm that is not NEW; -ENOMEM; -ENXIO
 * when the firmware refuses.
 *
 * @kernel arch/arm64/kvm/rme.c
 */
export function* kvm_init_ipa_range_realm(
  kvm: Kvm,
  args: ReturnType<typeof kvm_cap_arm_rme_init_ripas_args.decode>,
): Task<number> {
  const { kernel } = kvm;
  const { realm } = kvm.arch;
  const stop = args.base + args.size;
  if (stop >= 2n ** 64n || realm.state !== "NEW") return -EINVAL;
  const end = Number(stop);
  for (let ipa = Number(args.base); ipa < end; ) {
    const result = rmi_rtt_init_ripas(kernel, realm.rd, ipa, end);
    if (statusOf(result) === RMI_ERROR_RTT) {
      const reached = indexOf(result);
      const level = find_map_level(realm, ipa, end);
      if (reached >= level) {
        kernel.log.warn("realm_init_ipa_state: an entry that RMI_RTT_INIT_RIPAS will not change");
        return -ENXIO;
      }
      const created = yield* realm_create_rtt_levels(kvm, ipa, reached, level, undefined);
      if (created !== 0) return created;
    } else if (result !== RMI_SUCCESS) {
      kernel.log.warn("realm_init_ipa_state: the firmware refused RMI_RTT_INIT_RIPAS");
      return -ENXIO;
    } else {
      ipa = kernel.rmm.out.x1;
    }
  }
  return 0;
}

/**
 * Copies the initial image of a realm: each page of the range is read from the slot's user memory and handed to
 * the firmware, which copies and measures it.
 *
 * Returns 0; -EPERM unless the realm is NEW or when the slot has no guest_memfd; -EINVAL for a bad range or
 * flags; -EFAULT without a slot or when the source cannot be read; -ENXIO when the firmware refuses.
 *
 * @kernel arch/arm64/kvm/rme.c
 */
export function* kvm_populate_realm(
  kvm: Kvm,
  args: ReturnType<typeof kvm_cap_arm_rme_populate_realm_args.decode>,
): Task<number> {
  if (kvm.arch.realm.state !== "NEW") return -EINVAL;
  const { base, size, flags } = args;
  if (base % BigInt(PAGE_SIZE) !== 0n || size % BigInt(PAGE_SIZE) !== 0n) return -EINVAL;
  if ((flags & ~KVM_ARM_RME_POPULATE_FLAGS_MEASURE) !== 0) return -EINVAL;
  if (base + size >= 2n ** 64n) return -EINVAL;
  const end = Number(base + size);
  // In chunks of at most 2 MiB, so that readers and writers of the slots get their turn.
  for (let ipa = Number(base); ipa < end; ) {
    const chunkEnd = Math.min(alignDown(ipa, RMM_L2_BLOCK_SIZE) + RMM_L2_BLOCK_SIZE, end);
    const result = yield* populate_region(kvm, ipa, chunkEnd, flags);
    if (result !== 0) return result;
    if (kvm.kernel.scheduling.preemptible) yield { kind: "unlock", object: "kvm->srcu" };
    ipa = chunkEnd;
  }
  return 0;
}

function* populate_region(kvm: Kvm, start: number, end: number, flags: number): Task<number> {
  const idx = kvm.srcu.srcu_read_lock();
  let result = 0;
  for (let ipa = start; ipa < end && result === 0; ipa += PAGE_SIZE) {
    const gfn = (ipa / PAGE_SIZE) as Gfn;
    const slot = gfn_to_memslot(kvm, gfn);
    if (slot === undefined) result = -EFAULT;
    else if (end > (slot.base_gfn + slot.npages) * PAGE_SIZE) result = -EINVAL;
    else if (!kvm_slot_can_be_private(slot)) result = -EPERM;
    else result = yield* populatePage(kvm, slot, gfn, ipa, flags);
  }
  kvm.srcu.srcu_read_unlock(idx);
  return result;
}

function* populatePage(kvm: Kvm, slot: kvm_memory_slot, gfn: Gfn, ipa: number, flags: number): Task<number> {
  const hva = slot.userspace_addr + (gfn - slot.base_gfn) * PAGE_SIZE;
  const source = kvm.mm.get_user_page(hva, false);
  if (source === NO_PAGE) return -EFAULT;
  const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
  const result = yield* kvm_gmem_get_pfn(kvm, slot, gfn, found);
  if (result !== 0) return result;
  // From here on a failure leaks the page reference, as the series does up to v10.
  return yield* realm_create_protected_data_page(kvm, ipa, pfnToPa(found.pfn), pfnToPa(source), flags);
}

/** Delegates the page and has the firmware copy `src` into it. @kernel arch/arm64/kvm/rme.c */
export function* realm_create_protected_data_page(
  kvm: Kvm,
  ipa: number,
  dst: number,
  src: number,
  flags: number,
): Task<number> {
  const { kernel } = kvm;
  const { rd } = kvm.arch.realm;
  if (rmi_granule_delegate(kernel, dst) !== RMI_SUCCESS) return -ENXIO;
  let result = rmi_data_create(kernel, rd, dst, ipa, src, flags);
  if (statusOf(result) === RMI_ERROR_RTT) {
    const created = yield* realm_create_rtt_levels(kvm, ipa, indexOf(result), RMM_RTT_MAX_LEVEL, undefined);
    if (created === 0) result = rmi_data_create(kernel, rd, dst, ipa, src, flags);
  }
  if (result === RMI_SUCCESS) return 0;
  if (rmi_granule_undelegate(kernel, dst) !== RMI_SUCCESS) {
    kernel.log.warn("realm_create_protected_data_page: RMI_GRANULE_UNDELEGATE was refused");
  }
  return -ENXIO;
}
