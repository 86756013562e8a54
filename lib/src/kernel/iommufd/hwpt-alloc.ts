// SPDX-License-Identifier: MIT
import { EINVAL, EOPNOTSUPP } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { type iommufd_device, iommufd_get_device } from "./device.ts";
import type { iommufd_fault } from "./fault.ts";
import { type iommufd_hw_pagetable, iommufd_hwpt_nested, iommufd_hwpt_paging } from "./hwpt.ts";
import type { iommufd_ioas } from "./ioas.ts";
import {
  IOMMUFD_OBJ_ANY,
  IOMMUFD_OBJ_FAULT,
  IOMMUFD_OBJ_HWPT_NESTED,
  IOMMUFD_OBJ_HWPT_PAGING,
  IOMMUFD_OBJ_IOAS,
  IOMMUFD_OBJ_VIOMMU,
  type iommufd_object,
} from "./object-table.ts";
import { iommufd_get_object, iommufd_put_object } from "./objects.ts";
import { arm_vsmmu_cache_invalidate, readNestedConfig, type UserData } from "./smmu-v3.ts";
import {
  IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
  IOMMU_HWPT_ALLOC_NEST_PARENT,
  IOMMU_HWPT_ALLOC_PASID,
  IOMMU_HWPT_DATA_NONE,
  IOMMU_HWPT_FAULT_ID_VALID,
} from "./uapi.ts";
import { iommu_hwpt_alloc, iommu_hwpt_invalidate } from "./uapi-structs.ts";
import { getTyped, iommufd_object_alloc_ucmd, type iommufd_ucmd, iommufd_ucmd_respond } from "./ucmd.ts";
import type { iommufd_viommu } from "./viommu.ts";

const PAGING_FLAGS =
  IOMMU_HWPT_ALLOC_NEST_PARENT |
  IOMMU_HWPT_ALLOC_DIRTY_TRACKING |
  IOMMU_HWPT_FAULT_ID_VALID |
  IOMMU_HWPT_ALLOC_PASID;

/**
 * IOMMU_HWPT_ALLOC: a domain on an IOAS, or a nested one on a domain or a vIOMMU. Returns -EOPNOTSUPP for reserved
 * words and flags, -EINVAL when driver data and its type do not go together, -ENOENT for the device, and -EINVAL,
 * not -ENOENT, for an object to build on that does not exist.
 *
 * @kernel drivers/iommu/iommufd/hw_pagetable.c
 */
export function* iommufd_hwpt_alloc(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_hwpt_alloc.decode(ucmd.cmd);
  if (cmd.__reserved !== 0) return -EOPNOTSUPP;
  if ((cmd.data_type === IOMMU_HWPT_DATA_NONE) !== (cmd.data_len === 0)) return -EINVAL;
  const idev = yield* iommufd_get_device(ucmd, cmd.dev_id);
  if (typeof idev === "number") return idev;
  const base = yield* iommufd_get_object(ucmd.ictx, cmd.pt_id, IOMMUFD_OBJ_ANY);
  if (typeof base === "number") {
    iommufd_put_object(idev);
    return -EINVAL;
  }
  const data = { type: cmd.data_type, uptr: Number(cmd.data_uptr), len: cmd.data_len };
  const hwpt = allocOn(ucmd, idev, base, cmd.flags, data);
  let result = typeof hwpt === "number" ? hwpt : 0;
  if (typeof hwpt !== "number" && (cmd.flags & IOMMU_HWPT_FAULT_ID_VALID) !== 0)
    result = yield* useFaultQueue(ucmd, hwpt, cmd.fault_id);
  if (typeof hwpt !== "number" && result === 0) {
    iommu_hwpt_alloc.set(ucmd.cmd, "out_hwpt_id", hwpt.id);
    result = iommufd_ucmd_respond(ucmd);
  }
  iommufd_put_object(base);
  iommufd_put_object(idev);
  return result;
}

function allocOn(
  ucmd: iommufd_ucmd,
  idev: iommufd_device,
  base: iommufd_object,
  flags: number,
  data: UserData,
): iommufd_hw_pagetable | number {
  switch (base.type) {
    case IOMMUFD_OBJ_IOAS:
      return iommufd_hwpt_paging_alloc(ucmd, base as iommufd_ioas, flags, data);
    case IOMMUFD_OBJ_HWPT_PAGING: {
      if ((flags & ~(IOMMU_HWPT_FAULT_ID_VALID | IOMMU_HWPT_ALLOC_PASID)) !== 0 || data.len === 0)
        return -EOPNOTSUPP;
      const parent = base as iommufd_hwpt_paging;
      return parent.auto_domain || !parent.nest_parent ? -EINVAL : nestedOn(ucmd, parent, parent, data);
    }
    case IOMMUFD_OBJ_VIOMMU: {
      if ((flags & ~IOMMU_HWPT_FAULT_ID_VALID) !== 0 || data.len === 0) return -EOPNOTSUPP;
      const viommu = base as iommufd_viommu;
      if (viommu.iommu_dev !== idev.dev.iommu_dev) return -EINVAL;
      return nestedOn(ucmd, viommu.hwpt, viommu, data);
    }
    default:
      return -EINVAL;
  }
}

/** The SMMU tracks no dirty pages and takes no driver data for a domain of one stage. */
function iommufd_hwpt_paging_alloc(
  ucmd: iommufd_ucmd,
  ioas: iommufd_ioas,
  flags: number,
  data: UserData,
): iommufd_hwpt_paging | number {
  if ((flags & ~PAGING_FLAGS) !== 0) return -EOPNOTSUPP;
  if ((flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING) !== 0) return -EOPNOTSUPP;
  const nestParent = (flags & IOMMU_HWPT_ALLOC_NEST_PARENT) !== 0;
  if (nestParent && (flags & IOMMU_HWPT_FAULT_ID_VALID) !== 0) return -EOPNOTSUPP;
  const hwpt = iommufd_object_alloc_ucmd(
    ucmd,
    (ictx) => new iommufd_hwpt_paging(ictx, ioas, nestParent, false),
  );
  if (typeof hwpt === "number") return hwpt;
  // The driver: stage 1 has PASIDs, stage 2 can be a parent, and a domain has one stage.
  if (data.len !== 0 || (nestParent && (flags & IOMMU_HWPT_ALLOC_PASID) !== 0)) return -EOPNOTSUPP;
  const shown = hwpt.attachToIoas();
  return shown === 0 ? hwpt : shown;
}

function nestedOn(
  ucmd: iommufd_ucmd,
  parent: iommufd_hwpt_paging,
  holder: iommufd_object,
  data: UserData,
): iommufd_hwpt_nested | number {
  const hwpt = iommufd_object_alloc_ucmd(ucmd, (ictx) => new iommufd_hwpt_nested(ictx, parent, holder));
  if (typeof hwpt === "number") return hwpt;
  const config = readNestedConfig(ucmd.current, data);
  if (typeof config === "number") return config;
  hwpt.config = config;
  return hwpt;
}

function* useFaultQueue(ucmd: iommufd_ucmd, hwpt: iommufd_hw_pagetable, id: number): Task<number> {
  const fault = yield* getTyped<iommufd_fault>(ucmd, id, IOMMUFD_OBJ_FAULT);
  if (typeof fault === "number") return fault;
  hwpt.fault = fault;
  fault.users++;
  iommufd_put_object(fault);
  return 0;
}

/**
 * IOMMU_HWPT_INVALIDATE. Whatever happens, the number of entries that were done is sent back; failing to do so is
 * -EFAULT. A nested domain of the SMMU takes no invalidations itself (-EOPNOTSUPP): they go through the vIOMMU.
 *
 * @kernel drivers/iommu/iommufd/hw_pagetable.c
 */
export function* iommufd_hwpt_invalidate(ucmd: iommufd_ucmd): Task<number> {
  const { result, done } = yield* invalidate(ucmd);
  iommu_hwpt_invalidate.set(ucmd.cmd, "entry_num", done);
  return iommufd_ucmd_respond(ucmd) || result;
}

function* invalidate(ucmd: iommufd_ucmd): Task<{ readonly result: number; readonly done: number }> {
  const cmd = iommu_hwpt_invalidate.decode(ucmd.cmd);
  if (cmd.__reserved !== 0) return { result: -EOPNOTSUPP, done: 0 };
  if (cmd.entry_num !== 0 && (cmd.data_uptr === 0n || cmd.entry_len === 0))
    return { result: -EINVAL, done: 0 };
  const object = yield* iommufd_get_object(ucmd.ictx, cmd.hwpt_id, IOMMUFD_OBJ_ANY);
  if (typeof object === "number") return { result: object, done: 0 };
  let outcome = { result: -EINVAL, done: 0 };
  if (object.type === IOMMUFD_OBJ_HWPT_NESTED) {
    outcome = { result: -EOPNOTSUPP, done: 0 };
  } else if (object.type === IOMMUFD_OBJ_VIOMMU) {
    const { vdevs } = object as iommufd_viommu;
    const array = {
      type: cmd.data_type,
      uptr: Number(cmd.data_uptr),
      len: cmd.entry_len,
      entry_num: cmd.entry_num,
    };
    outcome = arm_vsmmu_cache_invalidate(ucmd.current, array, (virt_id) => vdevs.has(virt_id));
  }
  iommufd_put_object(object);
  return outcome;
}
