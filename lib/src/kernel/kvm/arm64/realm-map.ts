// SPDX-License-Identifier: MIT
import { alignDown, isAligned, PAGE_SIZE, type Pfn, pfnToPa } from "../../../base/address.ts";
import { EFAULT, EINVAL, ENXIO } from "../../../base/errno.ts";
import { done, type Task } from "../../../base/task.ts";
import { indexOf, RMI_ERROR_RTT, RMI_SUCCESS, statusOf } from "../../../rmm/status.ts";
import type { kvm_mmu_memory_cache } from "../../mm/memory-cache.ts";
import type { Kvm } from "../kvm.ts";
import {
  rmi_data_create_unknown,
  rmi_data_destroy,
  rmi_granule_delegate,
  rmi_granule_undelegate,
  rmi_rtt_map_unprotected,
  rmiPoint,
} from "./rmi-cmds.ts";
import {
  fold_rtt,
  RMM_L2_BLOCK_SIZE,
  RMM_RTT_BLOCK_LEVEL,
  RMM_RTT_MAX_LEVEL,
  realm_create_rtt_levels,
} from "./rtt-levels.ts";

/** Rights of a stage 2 mapping. @kernel arch/arm64/include/asm/kvm_pgtable.h */
export const KVM_PGTABLE_PROT_X: number = 1 << 0;
export const KVM_PGTABLE_PROT_W: number = 1 << 1;
export const KVM_PGTABLE_PROT_R: number = 1 << 2;

/** Normal memory, readable and writable, as the host describes it to RMI_RTT_MAP_UNPROTECTED. */
const NS_DESC_ATTRIBUTES = (0b110 << 2) | (0b11 << 6);

/**
 * Maps `map_size` bytes of host memory at `ipa` (bytes) into the realm. Both addresses of the pair are handed to
 * the firmware, which alone writes the tables. Returns 0, -EFAULT without write permission, or what the half of
 * the address space answers.
 *
 * Without a schedule a single page is mapped when this is called, and the task has little left to do. Whoever wants a
 * call that others interrupt wraps it in a generator of their own.
 *
 * @param whenRefused what to answer when the firmware does not delegate a page: 0 unless given, as posted; a repaired caller wants to know
 * @kernel arch/arm64/kvm/mmu.c
 */
export function realm_map_ipa(
  kvm: Kvm,
  ipa: number,
  pfn: Pfn,
  map_size: number,
  prot: number,
  cache: kvm_mmu_memory_cache,
  whenRefused?: number,
): Task<number> {
  const { trace } = kvm.kernel;
  if (trace.on) trace.call("realm_map_ipa", { ipa, pfn, map_size });
  if ((prot & KVM_PGTABLE_PROT_W) === 0)
    return warnAndEnd(kvm, "realm_map_ipa: without write permission", -EFAULT);
  const pageIpa = alignDown(ipa, PAGE_SIZE);
  return kvm_realm_is_private_address(kvm, pageIpa)
    ? realm_map_protected(kvm, pageIpa, pfn, map_size, cache, whenRefused)
    : realm_map_non_secure(kvm, pageIpa, pfn, map_size, cache);
}

function warnAndEnd(kvm: Kvm, message: string, result: number): Task<number> {
  kvm.kernel.log.warn(message);
  return done(result);
}

const POWERS_OF_2 = Array.from({ length: 53 }, (_, n) => 2 ** n);

/** True for the half of the address space that only the realm sees: bit `ia_bits - 1` is clear. */
function kvm_realm_is_private_address(kvm: Kvm, ipa: number): boolean {
  const { ia_bits } = kvm.arch.realm;
  // Before the realm exists ia_bits is 0, the kernel's shift lands on bit 63, and every address counts as private.
  if (ia_bits === 0) return true;
  const bit = POWERS_OF_2[ia_bits - 1] as number;
  return ipa < bit || Math.floor(ipa / bit) % 2 === 0;
}

/** x0 that stands for "RMI_GRANULE_DELEGATE was refused": no firmware call answers it. */
const NOT_DELEGATED = -2;

/**
 * Delegates each 4 KiB granule to the realm world and has the firmware enter it in the tables, making the tables
 * on the way when they are missing. Returns 0, -EINVAL for a bad size or alignment, and -ENXIO for every failure
 * of the firmware and for want of memory.
 *
 * The firmware refusing to delegate counts as success: the code takes it that another CPU has mapped the page.
 *
 * @kernel arch/arm64/kvm/rme.c
 */
export function realm_map_protected(
  kvm: Kvm,
  base_ipa: number,
  pfn: Pfn,
  map_size: number,
  cache: kvm_mmu_memory_cache,
  whenRefused?: number,
): Task<number> {
  const base = pfnToPa(pfn);
  if (!isAligned(map_size, PAGE_SIZE) || !isAligned(base_ipa, map_size)) {
    return warnAndEnd(kvm, "realm_map_protected: size or address is not aligned", -EINVAL);
  }
  if (map_size !== PAGE_SIZE || kvm.kernel.scheduling.preemptible) {
    return mapGranules(kvm, base_ipa, base, map_size, cache, whenRefused);
  }
  // A single page that nobody watches, as all pages of a long range are: the two calls need no task, and mostly
  // that is all there is to do.
  const answer = delegateAndCreate(kvm, base, base_ipa);
  return answer === RMI_SUCCESS
    ? done(0)
    : mapGranules(kvm, base_ipa, base, map_size, cache, whenRefused, answer);
}

/** x0 of RMI_DATA_CREATE_UNKNOWN, or `NOT_DELEGATED`. */
function delegateAndCreate(kvm: Kvm, phys: number, ipa: number): number {
  const { kernel } = kvm;
  if (rmi_granule_delegate(kernel, phys) !== RMI_SUCCESS) return NOT_DELEGATED;
  return rmi_data_create_unknown(kernel, kvm.arch.realm.rd, phys, ipa);
}

/** The same calls where somebody may come in before each. */
function* delegateAndCreateInSteps(kvm: Kvm, phys: number, ipa: number): Task<number> {
  const { kernel } = kvm;
  yield rmiPoint("RMI_GRANULE_DELEGATE");
  if (rmi_granule_delegate(kernel, phys) !== RMI_SUCCESS) return NOT_DELEGATED;
  yield rmiPoint("RMI_DATA_CREATE_UNKNOWN");
  return rmi_data_create_unknown(kernel, kvm.arch.realm.rd, phys, ipa);
}

/**
 * Maps granule by granule.
 *
 * @param firstAnswer what the calls for the first granule answered, if they were made already
 */
function* mapGranules(
  kvm: Kvm,
  base_ipa: number,
  base: number,
  map_size: number,
  cache: kvm_mmu_memory_cache,
  whenRefused: number | undefined,
  firstAnswer?: number,
): Task<number> {
  const { kernel } = kvm;
  const map_level = isAligned(map_size, RMM_L2_BLOCK_SIZE) ? RMM_RTT_BLOCK_LEVEL : RMM_RTT_MAX_LEVEL;
  // A block is mapped page by page and folded afterwards. A failure here shows up in the calls below.
  if (map_level < RMM_RTT_MAX_LEVEL) {
    yield* realm_create_rtt_levels(kvm, base_ipa, map_level, RMM_RTT_MAX_LEVEL, cache);
  }

  for (let offset = 0; offset < map_size; offset += PAGE_SIZE) {
    const phys = base + offset;
    const ipa = base_ipa + offset;
    let result: number;
    if (offset === 0 && firstAnswer !== undefined) result = firstAnswer;
    else if (kernel.scheduling.preemptible) result = yield* delegateAndCreateInSteps(kvm, phys, ipa);
    else result = delegateAndCreate(kvm, phys, ipa);
    if (result === NOT_DELEGATED) return whenRefused ?? 0;

    if (statusOf(result) === RMI_ERROR_RTT) {
      const level = indexOf(result);
      if (level === RMM_RTT_MAX_LEVEL) kernel.log.warn("realm_map_protected: the page is mapped already");
      if ((yield* realm_create_rtt_levels(kvm, ipa, level, RMM_RTT_MAX_LEVEL, cache)) !== 0) {
        return undoMapping(kvm, base_ipa, base, offset);
      }
      if (kernel.scheduling.preemptible) yield rmiPoint("RMI_DATA_CREATE_UNKNOWN");
      result = rmi_data_create_unknown(kernel, kvm.arch.realm.rd, phys, ipa);
    }
    if (result !== RMI_SUCCESS) {
      kernel.log.warn("realm_map_protected: the firmware refused RMI_DATA_CREATE_UNKNOWN");
      return undoMapping(kvm, base_ipa, base, offset);
    }
  }

  if (map_size === RMM_L2_BLOCK_SIZE && fold_rtt(kvm, base_ipa, map_level + 1) !== RMI_SUCCESS) {
    kernel.log.warn("realm_map_protected: the firmware refused RMI_RTT_FOLD");
    unmapEarlier(kvm, base_ipa, base, map_size);
    return -ENXIO;
  }
  return 0;
}

/** Gives back the granule at `offset`, which was delegated but not mapped, and unmaps the ones before it. */
function undoMapping(kvm: Kvm, ipa: number, base: number, offset: number): number {
  undelegateOrLeak(kvm, base + offset);
  unmapEarlier(kvm, ipa, base, offset);
  return -ENXIO;
}

function unmapEarlier(kvm: Kvm, ipa: number, base: number, size: number): void {
  const { kernel } = kvm;
  for (let offset = size - PAGE_SIZE; offset >= 0; offset -= PAGE_SIZE) {
    if (rmi_data_destroy(kernel, kvm.arch.realm.rd, ipa + offset) !== RMI_SUCCESS) {
      kernel.log.warn("realm_map_protected: a page could not be unmapped again and is leaked");
      kernel.pages.get_page(((base + offset) / PAGE_SIZE) as Pfn);
      continue;
    }
    undelegateOrLeak(kvm, base + offset);
  }
}

/** A granule that cannot come back must never be reused by the host, so it gets a reference that nobody drops. */
function undelegateOrLeak(kvm: Kvm, phys: number): void {
  const { kernel } = kvm;
  if (rmi_granule_undelegate(kernel, phys) === RMI_SUCCESS) return;
  kernel.log.warn("realm_map_protected: RMI_GRANULE_UNDELEGATE was refused, the page is leaked");
  kernel.pages.get_page((phys / PAGE_SIZE) as Pfn);
}

/**
 * Maps host memory in the shared half. Nothing is delegated: the realm reaches it in the Non-secure space.
 * Returns 0 or -ENXIO; a page that is mapped already counts as success.
 *
 * @kernel arch/arm64/kvm/rme.c
 */
export function* realm_map_non_secure(
  kvm: Kvm,
  base_ipa: number,
  pfn: Pfn,
  map_size: number,
  cache: kvm_mmu_memory_cache,
): Task<number> {
  const { kernel } = kvm;
  const { rd } = kvm.arch.realm;
  if (!isAligned(map_size, PAGE_SIZE) || !isAligned(base_ipa, map_size)) {
    kernel.log.warn("realm_map_non_secure: size or address is not aligned");
    return -EINVAL;
  }
  for (let offset = 0; offset < map_size; offset += PAGE_SIZE) {
    const ipa = base_ipa + offset;
    const desc = pfnToPa(pfn) + offset + NS_DESC_ATTRIBUTES;
    if (kernel.scheduling.preemptible) yield rmiPoint("RMI_RTT_MAP_UNPROTECTED");
    let result = rmi_rtt_map_unprotected(kernel, rd, ipa, RMM_RTT_MAX_LEVEL, desc);
    if (statusOf(result) === RMI_ERROR_RTT) {
      const level = indexOf(result);
      if (level < RMM_RTT_MAX_LEVEL) {
        const created = yield* realm_create_rtt_levels(kvm, ipa, level, RMM_RTT_MAX_LEVEL, cache);
        if (created !== 0) return -ENXIO;
        if (kernel.scheduling.preemptible) yield rmiPoint("RMI_RTT_MAP_UNPROTECTED");
        result = rmi_rtt_map_unprotected(kernel, rd, ipa, RMM_RTT_MAX_LEVEL, desc);
      }
    }
    if (result !== RMI_SUCCESS && statusOf(result) !== RMI_ERROR_RTT) {
      kernel.log.warn("realm_map_non_secure: the firmware refused RMI_RTT_MAP_UNPROTECTED");
      return -ENXIO;
    }
  }
  return 0;
}
