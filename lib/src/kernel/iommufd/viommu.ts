// SPDX-License-Identifier: MIT
import { EBADF, EINVAL, EOPNOTSUPP, EOVERFLOW } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { type File, fput } from "../fs/file.ts";
import { file_is_kvm } from "../kvm/vm-file.ts";
import { nullDereference } from "../log.ts";
import { iommufd_get_device } from "./device.ts";
import { iommufd_get_hwpt_paging, type iommufd_hwpt_paging } from "./hwpt.ts";
import { ULONG_MAX } from "./iova-ranges.ts";
import {
  IOMMUFD_OBJ_VIOMMU,
  type iommufd_ctx,
  iommufd_object,
  type iommufd_object_ops,
} from "./object-table.ts";
import { iommufd_put_object } from "./objects.ts";
import {
  IOMMU_HW_QUEUE_TYPE_DEFAULT,
  IOMMU_VEVENTQ_TYPE_DEFAULT,
  IOMMU_VIOMMU_KVM_FD,
  IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
  IOMMU_VIOMMU_TYPE_DEFAULT,
} from "./uapi.ts";
import { iommu_hw_queue_alloc, iommu_veventq_alloc, iommu_viommu_alloc } from "./uapi-structs.ts";
import { getTyped, iommufd_object_alloc_ucmd, type iommufd_ucmd, iommufd_ucmd_respond } from "./ucmd.ts";

/**
 * The part of an IOMMU that a VM is given. Patch 07 lets it remember the VM, by a reference on the VM's file.
 *
 * @kernel include/linux/iommufd.h struct iommufd_viommu
 */
export class iommufd_viommu extends iommufd_object {
  readonly hwpt: iommufd_hwpt_paging;
  readonly iommu_dev: object;
  /** NULL unless the vIOMMU was made with IOMMU_VIOMMU_KVM_FD. */
  kvm_filp: File | undefined;
  /** vdevices by their virtual id. */
  readonly vdevs: Map<bigint, iommufd_object> = new Map();
  readonly ops: iommufd_object_ops = { destroy: () => this.#destroy() };

  constructor(ictx: iommufd_ctx, hwpt: iommufd_hwpt_paging, iommu_dev: object) {
    super(ictx, IOMMUFD_OBJ_VIOMMU);
    this.hwpt = hwpt;
    this.iommu_dev = iommu_dev;
    hwpt.users++;
  }

  dependsOn(): readonly iommufd_object[] {
    return [this.hwpt];
  }

  *#destroy(): Task<void> {
    this.hwpt.users--;
    yield* viommu_put_kvm(this);
  }
}

/** Looks up a vIOMMU by its id. */
export function iommufd_get_viommu(ucmd: iommufd_ucmd, id: number): Task<iommufd_viommu | number> {
  return getTyped<iommufd_viommu>(ucmd, id, IOMMUFD_OBJ_VIOMMU);
}

/**
 * Finds the VM behind a descriptor and keeps its file. Anything else is -EBADF; but when there is no file at all,
 * the error path of patch 07 puts NULL, which is a NULL dereference.
 *
 * @kernel drivers/iommu/iommufd/viommu.c (RFC v1, patch 07 of 38)
 */
function* viommu_get_kvm(viommu: iommufd_viommu, kvm_vm_fd: number, file: File | undefined): Task<number> {
  if (file === undefined) nullDereference("filp", `fput, called by viommu_get_kvm for fd ${kvm_vm_fd}`);
  if (!file_is_kvm(file)) {
    viommu.kvm_filp = undefined;
    yield* fput(file);
    return -EBADF;
  }
  viommu.kvm_filp = file;
  tellFile(viommu, "get", file);
  return 0;
}

/**
 * Gives up the VM's file. Patch 07 does so without looking whether there is one: a vIOMMU that was made without the
 * flag ends in a NULL dereference.
 *
 * @kernel drivers/iommu/iommufd/viommu.c (RFC v1, patch 07 of 38)
 */
export function* viommu_put_kvm(viommu: iommufd_viommu): Task<void> {
  const file = viommu.kvm_filp;
  if (file === undefined) nullDereference("viommu->kvm_filp", "fput, called by viommu_put_kvm");
  viommu.kvm_filp = undefined;
  tellFile(viommu, "put", file);
  yield* fput(file);
}

function tellFile(viommu: iommufd_viommu, kind: "get" | "put", file: File): void {
  const { trace } = viommu.ictx.kernel;
  if (trace.on)
    trace.emit({ kind, name: "viommu->kvm_filp", detail: { id: viommu.id, f_count: file.f_count } });
}

/**
 * IOMMU_VIOMMU_ALLOC. Returns -EOPNOTSUPP for unknown flags and types before anything is looked up; -ENOENT for the
 * device or the domain; -EINVAL for a domain that is no nesting parent; then -ENOMEM, -EBADF and -EFAULT.
 *
 * The VM's file is looked up last. Every failure from then on ends in a NULL dereference, because the object that is
 * undone has no file to put.
 *
 * @kernel drivers/iommu/iommufd/viommu.c (with RFC v1, patch 07 of 38)
 */
export function* iommufd_viommu_alloc_ioctl(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_viommu_alloc.decode(ucmd.cmd);
  if ((cmd.flags & ~IOMMU_VIOMMU_KVM_FD) !== 0) return -EOPNOTSUPP;
  if (cmd.type === IOMMU_VIOMMU_TYPE_DEFAULT) return -EOPNOTSUPP;

  const idev = yield* iommufd_get_device(ucmd, cmd.dev_id);
  if (typeof idev === "number") return idev;
  // The driver tells the size of its vIOMMU; 0 means that it has none of this type.
  if (cmd.type !== IOMMU_VIOMMU_TYPE_ARM_SMMUV3) {
    iommufd_put_object(idev);
    return -EOPNOTSUPP;
  }
  const hwpt = yield* iommufd_get_hwpt_paging(ucmd, cmd.hwpt_id);
  if (typeof hwpt === "number") {
    iommufd_put_object(idev);
    return hwpt;
  }
  const result = yield* allocOn(ucmd, cmd, hwpt, idev.dev.iommu_dev);
  iommufd_put_object(hwpt);
  iommufd_put_object(idev);
  return result;
}

function* allocOn(
  ucmd: iommufd_ucmd,
  cmd: { readonly flags: number; readonly kvm_vm_fd: number },
  hwpt: iommufd_hwpt_paging,
  iommu_dev: object,
): Task<number> {
  if (!hwpt.nest_parent) return -EINVAL;
  const viommu = iommufd_object_alloc_ucmd(ucmd, (ictx) => new iommufd_viommu(ictx, hwpt, iommu_dev));
  if (typeof viommu === "number") return viommu;
  if ((cmd.flags & IOMMU_VIOMMU_KVM_FD) !== 0) {
    // The field is unsigned, but fget takes an int.
    const fd = cmd.kvm_vm_fd | 0;
    const result = yield* viommu_get_kvm(viommu, fd, ucmd.current.fget(fd));
    if (result !== 0) return result;
  }
  iommu_viommu_alloc.set(ucmd.cmd, "out_viommu_id", viommu.id);
  const result = iommufd_ucmd_respond(ucmd);
  if (result !== 0) yield* viommu_put_kvm(viommu);
  return result;
}

/**
 * IOMMU_VEVENTQ_ALLOC. The modelled SMMU reports no events to a VM, so a request that is in order ends with
 * -EOPNOTSUPP.
 *
 * @kernel drivers/iommu/iommufd/eventq.c
 */
export function* iommufd_veventq_alloc(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_veventq_alloc.decode(ucmd.cmd);
  if (cmd.flags !== 0 || cmd.__reserved !== 0 || cmd.type === IOMMU_VEVENTQ_TYPE_DEFAULT) return -EOPNOTSUPP;
  if (cmd.veventq_depth === 0) return -EINVAL;
  const viommu = yield* iommufd_get_viommu(ucmd, cmd.viommu_id);
  if (typeof viommu === "number") return viommu;
  iommufd_put_object(viommu);
  return -EOPNOTSUPP;
}

/**
 * IOMMU_HW_QUEUE_ALLOC. The modelled SMMU has no queue to give to a VM, so a request that is in order ends with
 * -EOPNOTSUPP.
 *
 * @kernel drivers/iommu/iommufd/viommu.c
 */
export function* iommufd_hw_queue_alloc_ioctl(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_hw_queue_alloc.decode(ucmd.cmd);
  if (cmd.flags !== 0 || cmd.type === IOMMU_HW_QUEUE_TYPE_DEFAULT) return -EOPNOTSUPP;
  if (cmd.length === 0n) return -EINVAL;
  if (cmd.nesting_parent_iova + cmd.length - 1n > ULONG_MAX) return -EOVERFLOW;
  const viommu = yield* iommufd_get_viommu(ucmd, cmd.viommu_id);
  if (typeof viommu === "number") return viommu;
  iommufd_put_object(viommu);
  return -EOPNOTSUPP;
}
