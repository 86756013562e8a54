// SPDX-License-Identifier: MIT
import {
  alignDown,
  isAligned,
  PAGE_SIZE,
  type Pa,
  type Pfn,
  paToPfn,
  pfnToPa,
} from "../../../base/address.ts";
import { ENOMEM, ENXIO } from "../../../base/errno.ts";
import type { Task } from "../../../base/task.ts";
import { indexOf, RMI_ERROR_RTT, RMI_SUCCESS, statusOf } from "../../../rmm/status.ts";
import type { Kernel } from "../../kernel.ts";
import { type kvm_mmu_memory_cache, kvm_mmu_memory_cache_alloc } from "../../mm/memory-cache.ts";
import { NO_PAGE } from "../../mm/pages.ts";
import type { Kvm, realm } from "../kvm.ts";
import {
  rmi_granule_delegate,
  rmi_granule_undelegate,
  rmi_rtt_create,
  rmi_rtt_fold,
  rmiPoint,
} from "./rmi-cmds.ts";

/** Level of the tables whose entries are 4 KiB pages. */
export const RMM_RTT_MAX_LEVEL = 3;
/** Level whose entries cover 2 MiB: the largest block that the host maps. */
export const RMM_RTT_BLOCK_LEVEL = 2;

/** Bytes of address space that one entry covers at a level. */
export function rme_rtt_level_mapsize(level: number): number {
  return PAGE_SIZE * 2 ** (9 * (RMM_RTT_MAX_LEVEL - level));
}

/** Bytes of a block at level 2: 2 MiB. */
export const RMM_L2_BLOCK_SIZE: number = rme_rtt_level_mapsize(RMM_RTT_BLOCK_LEVEL);

/** Level of the root tables. @kernel arch/arm64/kvm/rme.c get_start_level */
export function get_start_level(realm: realm): number {
  return 4 - Math.floor((realm.ia_bits - 8) / 9);
}

/** The lowest level number whose entries fit the range: its start is aligned and one entry does not pass its end. */
export function find_map_level(realm: realm, start: number, end: number): number {
  let level = RMM_RTT_MAX_LEVEL;
  while (level > get_start_level(realm) + 1) {
    const size = rme_rtt_level_mapsize(level - 1);
    if (!isAligned(start, size) || start + size > end) break;
    level--;
  }
  return level;
}

/** Gives a delegated page back to the host and frees it. A page that the firmware keeps is leaked on purpose. */
export function free_delegated_granule(kernel: Kernel, phys: Pa): number {
  const result = rmi_granule_undelegate(kernel, phys);
  if (result !== RMI_SUCCESS) {
    kernel.log.warn(
      "free_delegated_granule: the firmware refused RMI_GRANULE_UNDELEGATE, the page is leaked",
    );
    return -ENXIO;
  }
  kernel.pages.put_page(paToPfn(phys));
  return 0;
}

function takeTablePage(kernel: Kernel, cache: kvm_mmu_memory_cache | undefined): Pfn {
  return cache === undefined
    ? kernel.pages.alloc_zeroed_page()
    : kvm_mmu_memory_cache_alloc(kernel.pages, cache, kernel.log);
}

/**
 * Creates the tables from `level + 1` down to `max_level` on the way to `ipa` (bytes). A table that is there
 * already is not an error. Returns 0, -ENOMEM (no page, or it could not be delegated) or -ENXIO (the firmware
 * refused).
 *
 * @kernel arch/arm64/kvm/rme.c
 */
export function* realm_create_rtt_levels(
  kvm: Kvm,
  ipa: number,
  level: number,
  max_level: number,
  cache: kvm_mmu_memory_cache | undefined,
): Task<number> {
  const { kernel } = kvm;
  for (let next = level + 1; next <= max_level; next++) {
    const page = takeTablePage(kernel, cache);
    if (page === NO_PAGE) return -ENOMEM;
    const rtt = pfnToPa(page);

    if (kernel.scheduling.preemptible) yield rmiPoint("RMI_GRANULE_DELEGATE");
    if (rmi_granule_delegate(kernel, rtt) !== RMI_SUCCESS) {
      kernel.pages.put_page(page);
      return -ENOMEM;
    }
    if (kernel.scheduling.preemptible) yield rmiPoint("RMI_RTT_CREATE");
    const tableBase = alignDown(ipa, rme_rtt_level_mapsize(next - 1));
    const result = rmi_rtt_create(kernel, kvm.arch.realm.rd, rtt, tableBase, next);
    if (result === RMI_SUCCESS) continue;

    free_delegated_granule(kernel, rtt);
    // The firmware answers "there is a table already" with the level of the parent entry.
    if (statusOf(result) !== RMI_ERROR_RTT || indexOf(result) !== next - 1) return -ENXIO;
  }
  return 0;
}

/**
 * Folds the table at `level` for `ipa` into its parent entry and frees the table. Returns x0 of the fold.
 *
 * @kernel arch/arm64/kvm/rme.c
 */
export function fold_rtt(kvm: Kvm, ipa: number, level: number): number {
  const { kernel } = kvm;
  const result = rmi_rtt_fold(kernel, kvm.arch.realm.rd, ipa, level);
  if (result === RMI_SUCCESS) free_delegated_granule(kernel, kernel.rmm.out.x1 as Pa);
  return result;
}

/**
 * Folds every table at `level` and below that covers part of the range (bytes), as far as the firmware lets it.
 * Returns the number of tables that stayed, or -ENXIO.
 *
 * @kernel arch/arm64/kvm/rme.c realm_fold_rtt_level
 */
export function realm_fold_rtt_level(kvm: Kvm, level: number, start: number, end: number): number {
  if (level > RMM_RTT_MAX_LEVEL) return 0;
  const size = rme_rtt_level_mapsize(level - 1);
  let notFolded = 0;
  for (let addr = alignDown(start, size); addr < end; addr += size) {
    let result = fold_rtt(kvm, addr, level);
    if (statusOf(result) === RMI_ERROR_RTT && indexOf(result) === level && level < RMM_RTT_MAX_LEVEL) {
      // Something below is in the way: fold that first, then try this one again.
      const below = realm_fold_rtt_level(kvm, level + 1, addr, addr + size);
      if (below < 0) return below;
      if (below === 0) result = fold_rtt(kvm, addr, level);
    }
    if (statusOf(result) === RMI_ERROR_RTT) notFolded += 1;
    else if (result !== RMI_SUCCESS) {
      kvm.kernel.log.warn("realm_fold_rtt_level: the firmware refused RMI_RTT_FOLD");
      return -ENXIO;
    }
  }
  return notFolded;
}
