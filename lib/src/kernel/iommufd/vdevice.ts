// SPDX-License-Identifier: MIT
import { EEXIST, EINVAL, ENOENT } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { pci_tsm_unbind } from "../tsm/pci-tsm.ts";
import { type iommufd_device, iommufd_get_device } from "./device.ts";
import {
  IOMMUFD_OBJ_VDEVICE,
  type iommufd_ctx,
  iommufd_object,
  type iommufd_object_ops,
} from "./object-table.ts";
import {
  iommufd_object_abort_and_destroy,
  iommufd_object_alloc,
  iommufd_object_finalize,
  iommufd_put_object,
} from "./objects.ts";
import { iommu_vdevice_alloc } from "./uapi-structs.ts";
import { getTyped, type iommufd_ucmd, iommufd_ucmd_respond } from "./ucmd.ts";
import { iommufd_get_viommu, type iommufd_viommu } from "./viommu.ts";

/**
 * A device as a VM's vIOMMU sees it. It holds a count on the vIOMMU and, as long as it lives, both counts on the
 * device.
 *
 * @kernel include/linux/iommufd.h struct iommufd_vdevice
 */
export class iommufd_vdevice extends iommufd_object {
  readonly viommu: iommufd_viommu;
  readonly idev: iommufd_device;
  /** The device's id behind the vIOMMU: its stream in the guest. */
  readonly virt_id: bigint;
  readonly ops: iommufd_object_ops = {
    abort: () => iommufd_vdevice_abort(this),
    destroy: () => iommufd_vdevice_destroy(this),
  };

  constructor(ictx: iommufd_ctx, viommu: iommufd_viommu, idev: iommufd_device, virt_id: bigint) {
    super(ictx, IOMMUFD_OBJ_VDEVICE);
    this.viommu = viommu;
    this.idev = idev;
    this.virt_id = virt_id;
    viommu.users++;
    idev.vdev = this;
  }

  dependsOn(): readonly iommufd_object[] {
    return [this.viommu, this.idev];
  }
}

/** Looks up a vdevice by its id. */
export function iommufd_get_vdevice(ucmd: iommufd_ucmd, id: number): Task<iommufd_vdevice | number> {
  return getTyped<iommufd_vdevice>(ucmd, id, IOMMUFD_OBJ_VDEVICE);
}

/**
 * The end of a vdevice unbinds, bound or not. Nobody looks at the answer: when a signal ends the wait for the TSM
 * core's lock, the device stays bound. The caller holds `igroup->lock`.
 */
function* iommufd_vdevice_abort(vdev: iommufd_vdevice): Task<void> {
  const { idev, viommu, virt_id, ictx } = vdev;
  // Patch 08 compiles this in only where CONFIG_TSM is built in.
  if (ictx.kernel.config.CONFIG_TSM === "y") yield* pci_tsm_unbind(idev.dev);
  if (viommu.vdevs.get(virt_id) === vdev) viommu.vdevs.delete(virt_id);
  viommu.users--;
  idev.vdev = undefined;
}

function* iommufd_vdevice_destroy(vdev: iommufd_vdevice): Task<void> {
  const { idev } = vdev;
  yield* idev.igroup_lock.lock();
  yield* iommufd_vdevice_abort(vdev);
  idev.igroup_lock.unlock();
  iommufd_put_object(idev);
}

/**
 * IOMMU_VDEVICE_ALLOC. Returns -ENOENT for the vIOMMU or the device, -EINVAL when they are behind different IOMMUs,
 * -ENOENT when the device is on its way out, -EEXIST when it has a vdevice or the virtual id is taken, -ENOMEM, and
 * -EFAULT.
 *
 * @kernel drivers/iommu/iommufd/viommu.c
 */
export function* iommufd_vdevice_alloc_ioctl(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_vdevice_alloc.decode(ucmd.cmd);
  const viommu = yield* iommufd_get_viommu(ucmd, cmd.viommu_id);
  if (typeof viommu === "number") return viommu;
  const idev = yield* iommufd_get_device(ucmd, cmd.dev_id);
  if (typeof idev === "number") {
    iommufd_put_object(viommu);
    return idev;
  }
  const result = yield* allocFor(ucmd, viommu, idev, cmd.virt_id);
  // On success the vdevice keeps the counts that the look-up took on the device.
  if (result !== 0) iommufd_put_object(idev);
  iommufd_put_object(viommu);
  return result;
}

function* allocFor(
  ucmd: iommufd_ucmd,
  viommu: iommufd_viommu,
  idev: iommufd_device,
  virt_id: bigint,
): Task<number> {
  if (viommu.iommu_dev !== idev.dev.iommu_dev) return -EINVAL;
  yield* idev.igroup_lock.lock();
  const result = yield* allocLocked(ucmd, viommu, idev, virt_id);
  idev.igroup_lock.unlock();
  return result;
}

function* allocLocked(
  ucmd: iommufd_ucmd,
  viommu: iommufd_viommu,
  idev: iommufd_device,
  virt_id: bigint,
): Task<number> {
  const { ictx } = ucmd;
  if (idev.destroying) return -ENOENT;
  if (idev.vdev !== undefined) return -EEXIST;
  const vdev = iommufd_object_alloc(ictx, (context) => new iommufd_vdevice(context, viommu, idev, virt_id));
  if (typeof vdev === "number") return vdev;
  let result = 0;
  if (viommu.vdevs.has(virt_id)) {
    result = -EEXIST;
  } else {
    viommu.vdevs.set(virt_id, vdev);
    iommu_vdevice_alloc.set(ucmd.cmd, "out_vdevice_id", vdev.id);
    result = iommufd_ucmd_respond(ucmd);
  }
  if (result !== 0) yield* iommufd_object_abort_and_destroy(ictx, vdev);
  else iommufd_object_finalize(ictx, vdev);
  return result;
}
