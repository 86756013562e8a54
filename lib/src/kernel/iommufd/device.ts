// SPDX-License-Identifier: MIT
import { EBUSY, EFAULT, EINVAL, ENOENT, EOPNOTSUPP } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { type File, fput, get_file } from "../fs/file.ts";
import { Mutex } from "../mm/locks.ts";
import type { pci_dev } from "../pci/pci-dev.ts";
import { type iommufd_hw_pagetable, iommufd_hwpt_nested, iommufd_hwpt_paging } from "./hwpt.ts";
import type { iommufd_ioas } from "./ioas.ts";
import {
  IOMMUFD_OBJ_ANY,
  IOMMUFD_OBJ_DEVICE,
  IOMMUFD_OBJ_HWPT_NESTED,
  IOMMUFD_OBJ_HWPT_PAGING,
  IOMMUFD_OBJ_IOAS,
  type iommufd_ctx,
  iommufd_object,
  type iommufd_object_ops,
} from "./object-table.ts";
import {
  iommufd_get_object,
  iommufd_object_abort_and_destroy,
  iommufd_object_alloc,
  iommufd_object_destroy_user,
  iommufd_object_finalize,
  iommufd_object_remove,
  iommufd_object_tombstone_user,
  iommufd_put_object,
} from "./objects.ts";
import { MSI_IOVA_BASE, MSI_IOVA_LENGTH, SMMU_IDR } from "./smmu-v3.ts";
import { IOMMU_HW_INFO_FLAG_INPUT_TYPE, IOMMU_HW_INFO_TYPE_ARM_SMMUV3 } from "./uapi.ts";
import { iommu_hw_info, iommu_hw_info_arm_smmuv3 } from "./uapi-structs.ts";
import { getTyped, type iommufd_ucmd, iommufd_ucmd_respond } from "./ucmd.ts";

/**
 * A device that a driver (VFIO) has given to a context. Each is the only one of its IOMMU group.
 *
 * @kernel drivers/iommu/iommufd/iommufd_private.h struct iommufd_device
 */
export class iommufd_device extends iommufd_object {
  readonly dev: pci_dev;
  /** Serialises attachments and the vdevice. @kernel idev->igroup->lock */
  readonly igroup_lock: Mutex;
  /** The domain that the device is attached to. */
  hwpt: iommufd_hw_pagetable | undefined;
  /** The one vdevice, which holds both counts of this object. */
  vdev: iommufd_object | undefined;
  /** Its end has begun: no vdevice may be made any more. */
  destroying = false;
  /** The driver counts on it until it unbinds. */
  bound = false;
  readonly ops: iommufd_object_ops = {
    pre_destroy: () => iommufd_device_remove_vdev(this),
    destroy: () => this.#destroy(),
  };

  constructor(ictx: iommufd_ctx, dev: pci_dev) {
    super(ictx, IOMMUFD_OBJ_DEVICE);
    this.dev = dev;
    this.igroup_lock = new Mutex(ictx.kernel, "igroup->lock");
  }

  dependsOn(): readonly iommufd_object[] {
    return this.hwpt === undefined ? [] : [this.hwpt];
  }

  override get outsideUsers(): number {
    return this.bound ? 1 : 0;
  }

  *#destroy(): Task<void> {
    this.dev.dma_owner = undefined;
    yield* fput(this.ictx.file as File);
  }
}

/** Looks up a device by its id. */
export function iommufd_get_device(ucmd: iommufd_ucmd, id: number): Task<iommufd_device | number> {
  return getTyped<iommufd_device>(ucmd, id, IOMMUFD_OBJ_DEVICE);
}

/**
 * Takes a device into a context. The caller counts on the object until `iommufd_device_unbind`. Returns -EBUSY when
 * another owner has the device's DMA, and -ENOMEM.
 *
 * @kernel drivers/iommu/iommufd/device.c
 */
export function iommufd_device_bind(ictx: iommufd_ctx, dev: pci_dev): iommufd_device | number {
  if (dev.dma_owner !== undefined) return -EBUSY;
  dev.dma_owner = ictx;
  const idev = iommufd_object_alloc(ictx, (context) => new iommufd_device(context, dev));
  if (typeof idev === "number") {
    dev.dma_owner = undefined;
    return idev;
  }
  get_file(ictx.file as File);
  idev.users++;
  idev.bound = true;
  iommufd_object_finalize(ictx, idev);
  return idev;
}

/** Takes the device out again: its vdevice goes first and leaves a tombstone, then the object. */
export function* iommufd_device_unbind(idev: iommufd_device): Task<void> {
  idev.bound = false;
  yield* iommufd_object_destroy_user(idev.ictx, idev);
}

function* iommufd_device_remove_vdev(idev: iommufd_device): Task<void> {
  yield* idev.igroup_lock.lock();
  idev.destroying = true;
  const vdev = idev.vdev;
  if (vdev === undefined) {
    idev.igroup_lock.unlock();
    return;
  }
  // A vdevice that user space is destroying right now cannot be found any more; its own end drops the count that
  // this one waits for.
  const found = yield* iommufd_get_object(idev.ictx, vdev.id, vdev.type);
  if (typeof found === "number") {
    idev.igroup_lock.unlock();
    return;
  }
  vdev.users++;
  iommufd_put_object(found);
  idev.igroup_lock.unlock();
  yield* iommufd_object_tombstone_user(idev.ictx, vdev);
}

/**
 * Attaches a device to an IOAS or a domain, in place of the one that it has. Answers the id of the domain used, or
 * -ENOENT for an unknown id, -EINVAL for an object that devices cannot be attached to, -ENOENT for a nested domain
 * whose vIOMMU does not know the device, -EADDRINUSE when the IOAS maps what the device needs.
 *
 * @kernel drivers/iommu/iommufd/device.c iommufd_device_attach, iommufd_device_replace
 */
export function* iommufd_device_attach(idev: iommufd_device, pt_id: number): Task<number> {
  const { ictx } = idev;
  const found = yield* iommufd_get_object(ictx, pt_id, IOMMUFD_OBJ_ANY);
  if (typeof found === "number") return found;
  let result: number;
  switch (found.type) {
    case IOMMUFD_OBJ_HWPT_PAGING:
    case IOMMUFD_OBJ_HWPT_NESTED:
      result = yield* attachTo(idev, found as iommufd_hw_pagetable);
      break;
    case IOMMUFD_OBJ_IOAS:
      result = yield* iommufd_device_auto_get_domain(idev, found as iommufd_ioas);
      break;
    default:
      result = -EINVAL;
  }
  iommufd_put_object(found);
  return result;
}

/** Uses a domain that an earlier attachment to the same IOAS made, or makes one. */
function* iommufd_device_auto_get_domain(idev: iommufd_device, ioas: iommufd_ioas): Task<number> {
  const { ictx } = idev;
  const made = ictx.objects
    .all()
    .find((object) => object instanceof iommufd_hwpt_paging && object.auto_domain && object.ioas === ioas);
  if (made !== undefined) return yield* attachTo(idev, made as iommufd_hwpt_paging);

  const hwpt = iommufd_object_alloc(ictx, (context) => new iommufd_hwpt_paging(context, ioas, false, true));
  if (typeof hwpt === "number") return hwpt;
  let result = yield* attachTo(idev, hwpt);
  if (result > 0) {
    const shown = hwpt.attachToIoas();
    if (shown !== 0) {
      yield* iommufd_device_detach(idev);
      result = shown;
    }
  }
  if (result < 0) yield* iommufd_object_abort_and_destroy(ictx, hwpt);
  else iommufd_object_finalize(ictx, hwpt);
  return result;
}

function* attachTo(idev: iommufd_device, hwpt: iommufd_hw_pagetable): Task<number> {
  yield* idev.igroup_lock.lock();
  const old = idev.hwpt;
  if (old !== hwpt) {
    const refused = hasVirtualIdFor(idev, hwpt) ? reserveMsiWindow(idev, hwpt, old) : -ENOENT;
    if (refused !== 0) {
      idev.igroup_lock.unlock();
      return refused;
    }
    hwpt.users++;
    idev.hwpt = hwpt;
    idev.dev.setDomain(hwpt);
  }
  idev.igroup_lock.unlock();
  if (old !== undefined && old !== hwpt) yield* iommufd_hw_pagetable_put(idev, old);
  return hwpt.id;
}

/** Detaches a device; its DMA is blocked from now on. */
export function* iommufd_device_detach(idev: iommufd_device): Task<void> {
  yield* idev.igroup_lock.lock();
  const hwpt = idev.hwpt;
  idev.hwpt = undefined;
  idev.dev.setDomain(undefined);
  if (hwpt !== undefined) pagingOf(hwpt).ioas.iopt.iopt_remove_reserved_iova(idev);
  idev.igroup_lock.unlock();
  if (hwpt !== undefined) yield* iommufd_hw_pagetable_put(idev, hwpt);
}

/** Drops an attachment. A domain that was made for attachments goes with the last one. */
function* iommufd_hw_pagetable_put(idev: iommufd_device, hwpt: iommufd_hw_pagetable): Task<void> {
  hwpt.users--;
  if (hwpt instanceof iommufd_hwpt_paging && hwpt.auto_domain && idev.ictx.objects.load(hwpt.id) === hwpt)
    yield* iommufd_object_remove(idev.ictx, hwpt.id);
}

function pagingOf(hwpt: iommufd_hw_pagetable): iommufd_hwpt_paging {
  return hwpt instanceof iommufd_hwpt_nested ? hwpt.parent : hwpt;
}

/**
 * A guest names its devices by their virtual ids when it invalidates what its first stage has cached. So a domain
 * that a vIOMMU translates for is for a device that has such an id there.
 *
 * @kernel drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-iommufd.c arm_smmu_attach_prepare_vmaster
 */
function hasVirtualIdFor(idev: iommufd_device, hwpt: iommufd_hw_pagetable): boolean {
  if (!(hwpt instanceof iommufd_hwpt_nested) || hwpt.config !== "stage 1") return true;
  return hwpt.holder === hwpt.parent || idev.vdev?.dependsOn().includes(hwpt.holder) === true;
}

/** Interrupt messages are writes; no mapping may take their addresses. */
function reserveMsiWindow(
  idev: iommufd_device,
  hwpt: iommufd_hw_pagetable,
  old: iommufd_hw_pagetable | undefined,
): number {
  const { iopt } = pagingOf(hwpt).ioas;
  const before = old === undefined ? undefined : pagingOf(old).ioas.iopt;
  if (before === iopt) return 0;
  const result = iopt.iopt_reserve_iova(MSI_IOVA_BASE, MSI_IOVA_BASE + MSI_IOVA_LENGTH - 1n, idev);
  if (result === 0) before?.iopt_remove_reserved_iova(idev);
  return result;
}

/** IOMMU_GET_HW_INFO: the registers of the SMMU, as much of them as the buffer holds. */
export function* iommufd_get_hw_info(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_hw_info.decode(ucmd.cmd);
  if ((cmd.flags & ~IOMMU_HW_INFO_FLAG_INPUT_TYPE) !== 0) return -EOPNOTSUPP;
  if (cmd.__reserved.some((byte) => byte !== 0)) return -EOPNOTSUPP;
  const idev = yield* iommufd_get_device(ucmd, cmd.dev_id);
  if (typeof idev === "number") return idev;
  const asked = (cmd.flags & IOMMU_HW_INFO_FLAG_INPUT_TYPE) !== 0 ? cmd.out_data_type : 0;
  const result = tellHwInfo(ucmd, asked, Number(cmd.data_uptr), cmd.data_len);
  iommufd_put_object(idev);
  return result;
}

function tellHwInfo(ucmd: iommufd_ucmd, asked: number, uptr: number, length: number): number {
  if (asked !== 0 && asked !== IOMMU_HW_INFO_TYPE_ARM_SMMUV3) return -EOPNOTSUPP;
  const data = iommu_hw_info_arm_smmuv3({ idr: SMMU_IDR });
  if (!fillUserBuffer(ucmd, uptr, length, data)) return -EFAULT;
  iommu_hw_info.set(ucmd.cmd, "data_len", data.length);
  iommu_hw_info.set(ucmd.cmd, "out_data_type", IOMMU_HW_INFO_TYPE_ARM_SMMUV3);
  iommu_hw_info.set(ucmd.cmd, "out_max_pasid_log2", 0);
  iommu_hw_info.set(ucmd.cmd, "out_capabilities", 0n);
  return iommufd_ucmd_respond(ucmd);
}

/** Copies data to user space and clears what is left of a longer buffer. */
function fillUserBuffer(ucmd: iommufd_ucmd, uptr: number, length: number, data: Uint8Array): boolean {
  const { mm } = ucmd.current;
  const copied = Math.min(length, data.length);
  if (copied > 0 && !mm.copy_to_user(uptr, data.subarray(0, copied))) return false;
  const zeros = new Uint8Array(64);
  for (let at = copied; at < length; at += zeros.length) {
    if (!mm.copy_to_user(uptr + at, zeros.subarray(0, Math.min(zeros.length, length - at)))) return false;
  }
  return true;
}
