// SPDX-License-Identifier: MIT
import { PAGE_SIZE, pfnToPa } from "../../base/address.ts";
import { EINVAL, EOPNOTSUPP, EOVERFLOW } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { unmodelled } from "../../base/unmodelled.ts";
import type { StreamDomain } from "../pci/pci-dev.ts";
import type { iommufd_fault } from "./fault.ts";
import type { iommufd_ioas } from "./ioas.ts";
import { ULONG_MAX } from "./iova-ranges.ts";
import {
  IOMMUFD_OBJ_HWPT_NESTED,
  IOMMUFD_OBJ_HWPT_PAGING,
  type iommufd_ctx,
  iommufd_object,
  type iommufd_object_ops,
} from "./object-table.ts";
import { iommufd_put_object } from "./objects.ts";
import type { NestedConfig } from "./smmu-v3.ts";
import { IOMMU_HWPT_DIRTY_TRACKING_ENABLE, IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR } from "./uapi.ts";
import { iommu_hwpt_get_dirty_bitmap, iommu_hwpt_set_dirty_tracking } from "./uapi-structs.ts";
import { getTyped, type iommufd_ucmd } from "./ucmd.ts";

/**
 * A domain that shows the areas of an IOAS to the devices attached to it.
 *
 * @kernel drivers/iommu/iommufd/iommufd_private.h struct iommufd_hwpt_paging
 */
export class iommufd_hwpt_paging extends iommufd_object implements StreamDomain {
  readonly ioas: iommufd_ioas;
  /** Nested domains and vIOMMUs can be made on it. */
  readonly nest_parent: boolean;
  /** Made by attaching a device to an IOAS, and gone with the last device. */
  readonly auto_domain: boolean;
  fault: iommufd_fault | undefined;
  #inTable = false;
  readonly ops: iommufd_object_ops = { destroy: () => this.#destroy() };

  constructor(ictx: iommufd_ctx, ioas: iommufd_ioas, nest_parent: boolean, auto_domain: boolean) {
    super(ictx, IOMMUFD_OBJ_HWPT_PAGING);
    this.ioas = ioas;
    this.nest_parent = nest_parent;
    this.auto_domain = auto_domain;
    ioas.users++;
  }

  /** Shows the areas from now on: pins their memory. */
  attachToIoas(): number {
    const result = this.ioas.iopt.iopt_table_add_domain(this);
    this.#inTable = result === 0;
    return result;
  }

  translate(iova: number, write: boolean): number | undefined {
    const found = this.ioas.iopt.translate(iova);
    if (found === undefined || !(write ? found.prot.write : found.prot.read)) return undefined;
    return pfnToPa(found.pfn) + (iova % PAGE_SIZE);
  }

  dependsOn(): readonly iommufd_object[] {
    return this.fault === undefined ? [this.ioas] : [this.ioas, this.fault];
  }

  // biome-ignore lint/correctness/useYield: the end of an object is a task, also where nothing can wait.
  *#destroy(): Task<void> {
    if (this.#inTable) this.ioas.iopt.iopt_table_remove_domain(this);
    this.ioas.users--;
    if (this.fault !== undefined) this.fault.users--;
  }
}

/**
 * A domain of two stages: the guest's tables, then the parent.
 *
 * @kernel drivers/iommu/iommufd/iommufd_private.h struct iommufd_hwpt_nested
 */
export class iommufd_hwpt_nested extends iommufd_object implements StreamDomain {
  readonly parent: iommufd_hwpt_paging;
  /** What it counts on: the vIOMMU that it was made through, or the parent itself. */
  readonly holder: iommufd_object;
  /** Known once the driver has read the guest's stream table entry. */
  config: NestedConfig = "abort";
  fault: iommufd_fault | undefined;
  readonly ops: iommufd_object_ops = { destroy: () => this.#destroy() };

  constructor(ictx: iommufd_ctx, parent: iommufd_hwpt_paging, holder: iommufd_object) {
    super(ictx, IOMMUFD_OBJ_HWPT_NESTED);
    this.parent = parent;
    this.holder = holder;
    holder.users++;
  }

  translate(iova: number, write: boolean): number | undefined {
    if (this.config === "abort") return undefined;
    if (this.config === "stage 1") unmodelled("Stage 1 translation of a nested SMMUv3 domain");
    return this.parent.translate(iova, write);
  }

  dependsOn(): readonly iommufd_object[] {
    return this.fault === undefined ? [this.holder] : [this.holder, this.fault];
  }

  // biome-ignore lint/correctness/useYield: the end of an object is a task, also where nothing can wait.
  *#destroy(): Task<void> {
    this.holder.users--;
    if (this.fault !== undefined) this.fault.users--;
  }
}

/** A domain of either kind. */
export type iommufd_hw_pagetable = iommufd_hwpt_paging | iommufd_hwpt_nested;

/** Looks up a domain that shows an IOAS. */
export function iommufd_get_hwpt_paging(ucmd: iommufd_ucmd, id: number): Task<iommufd_hwpt_paging | number> {
  return getTyped<iommufd_hwpt_paging>(ucmd, id, IOMMUFD_OBJ_HWPT_PAGING);
}

/** IOMMU_HWPT_SET_DIRTY_TRACKING. The SMMU does not track, so a domain that exists answers -EOPNOTSUPP. */
export function* iommufd_hwpt_set_dirty_tracking(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_hwpt_set_dirty_tracking.decode(ucmd.cmd);
  if ((cmd.flags & ~IOMMU_HWPT_DIRTY_TRACKING_ENABLE) !== 0) return -EOPNOTSUPP;
  const hwpt = yield* iommufd_get_hwpt_paging(ucmd, cmd.hwpt_id);
  if (typeof hwpt === "number") return hwpt;
  iommufd_put_object(hwpt);
  return -EOPNOTSUPP;
}

/** IOMMU_HWPT_GET_DIRTY_BITMAP. The range is checked before the driver is asked, which does not track. */
export function* iommufd_hwpt_get_dirty_bitmap(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_hwpt_get_dirty_bitmap.decode(ucmd.cmd);
  if ((cmd.flags & ~IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR) !== 0 || cmd.__reserved !== 0) return -EOPNOTSUPP;
  const hwpt = yield* iommufd_get_hwpt_paging(ucmd, cmd.hwpt_id);
  if (typeof hwpt === "number") return hwpt;
  const result = iommufd_check_iova_range(cmd, hwpt.ioas.iopt.iova_alignment) || -EOPNOTSUPP;
  iommufd_put_object(hwpt);
  return result;
}

/** @kernel drivers/iommu/iommufd/io_pagetable.c */
function iommufd_check_iova_range(
  bitmap: { readonly iova: bigint; readonly length: bigint; readonly page_size: bigint },
  alignment: bigint,
): number {
  const { iova, page_size } = bitmap;
  // The C code adds length - 1 in 64 bits, where a length of 0 wraps.
  const last = iova + BigInt.asUintN(64, bitmap.length - 1n);
  if (last > ULONG_MAX) return -EOVERFLOW;
  const aligned = (to: bigint) => (iova & (to - 1n)) === 0n && ((last + 1n) & (to - 1n)) === 0n;
  return page_size !== 0n && aligned(alignment) && aligned(page_size) ? 0 : -EINVAL;
}
