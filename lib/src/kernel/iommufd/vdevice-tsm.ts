// SPDX-License-Identifier: MIT
import { ENODEV, EOPNOTSUPP } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { kvmExtensions } from "../kvm/extension-points.ts";
import type { Kvm } from "../kvm/kvm.ts";
import { nullDereference } from "../log.ts";
import type { tsm_guest_req_info } from "../pci/pci-dev.ts";
import { pci_tsm_bind, pci_tsm_guest_req, pci_tsm_unbind } from "../tsm/pci-tsm.ts";
import { toGpaRange } from "./gpa-range.ts";
import { iommufd_put_object } from "./objects.ts";
import { IOMMU_VDEICE_TSM_BIND, IOMMU_VDEICE_TSM_UNBIND } from "./uapi.ts";
import {
  iommu_vdevice_tsm_guest_request,
  iommu_vdevice_tsm_map,
  iommu_vdevice_tsm_op,
} from "./uapi-structs.ts";
import { type IoctlHandler, type iommufd_ucmd, iommufd_ucmd_respond } from "./ucmd.ts";
import { iommufd_get_vdevice, type iommufd_vdevice } from "./vdevice.ts";

/** The handlers of patches 08, 09 and 10 by command name. */
export interface TsmHandlers {
  readonly IOMMU_VDEVICE_TSM_OP: IoctlHandler;
  readonly IOMMU_VDEVICE_TSM_GUEST_REQUEST: IoctlHandler;
  readonly IOMMU_VDEVICE_TSM_MAP: IoctlHandler;
}

/** The handlers of a kernel with the TSM core built in. */
export const tsmHandlers: TsmHandlers = {
  IOMMU_VDEVICE_TSM_OP: iommufd_vdevice_tsm_op_ioctl,
  IOMMU_VDEVICE_TSM_GUEST_REQUEST: iommufd_vdevice_tsm_guest_request_ioctl,
  IOMMU_VDEVICE_TSM_MAP: iommufd_vdevice_tsm_map_ioctl,
};

/** Without CONFIG_TSM all three answer -ENODEV and look at nothing, flags and ids included. */
export const tsmStubs: TsmHandlers = {
  IOMMU_VDEVICE_TSM_OP: noDevice,
  IOMMU_VDEVICE_TSM_GUEST_REQUEST: noDevice,
  IOMMU_VDEVICE_TSM_MAP: noDevice,
};

// biome-ignore lint/correctness/useYield: a handler is a task, also one that never waits.
function* noDevice(): Task<number> {
  return -ENODEV;
}

/** `vdev->viommu->kvm_filp->private_data`: the test of the result that follows comes one dereference too late. */
function kvmOf(vdev: iommufd_vdevice, where: string): Kvm | undefined {
  const { kvm_filp } = vdev.viommu;
  if (kvm_filp === undefined) nullDereference("vdev->viommu->kvm_filp", where);
  return kvm_filp.private_data as Kvm | undefined;
}

function tellCall(ucmd: iommufd_ucmd, name: string, detail: Record<string, bigint | number>): void {
  const { trace } = ucmd.ictx.kernel;
  if (trace.on) trace.call(name, detail);
}

/**
 * IOMMU_VDEVICE_TSM_OP: binds the device to the VM, or unbinds it. Every failure of the TSM core, and an operation
 * that does not exist, are reported as -ENODEV.
 *
 * @kernel drivers/iommu/iommufd/viommu.c (RFC v1, patch 08 of 38)
 */
export function* iommufd_vdevice_tsm_op_ioctl(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_vdevice_tsm_op.decode(ucmd.cmd);
  let rc = -ENODEV;

  if (cmd.flags !== 0) return -EOPNOTSUPP;

  const vdev = yield* iommufd_get_vdevice(ucmd, cmd.vdevice_id);
  if (typeof vdev === "number") return vdev;

  const kvm = kvmOf(vdev, "iommufd_vdevice_tsm_op_ioctl");
  if (kvm !== undefined) {
    if (cmd.op === IOMMU_VDEICE_TSM_BIND) {
      rc = yield* pci_tsm_bind(vdev.idev.dev, kvm, vdev.virt_id);
      const { deviceBound } = kvmExtensions(kvm.kernel);
      if (rc === 0 && deviceBound !== undefined) rc = yield* deviceBound(kvm);
    } else if (cmd.op === IOMMU_VDEICE_TSM_UNBIND) rc = yield* pci_tsm_unbind(vdev.idev.dev);
    rc = rc !== 0 ? -ENODEV : iommufd_ucmd_respond(ucmd);
  }
  iommufd_put_object(vdev);
  return rc;
}

/**
 * IOMMU_VDEVICE_TSM_MAP: maps a range of guest memory for the device's VM. Returns -EOPNOTSUPP for flags before the
 * vdevice is looked up, -ENOENT, what mapping returns, and -EFAULT when the structure cannot be written back, although
 * then everything is mapped.
 *
 * @kernel drivers/iommu/iommufd/viommu.c (RFC v1, patch 10 of 38)
 */
export function* iommufd_vdevice_tsm_map_ioctl(ucmd: iommufd_ucmd): Task<number> {
  const { kvm_map_private_memory } = ucmd.ictx.iommufd.resolution;
  const cmd = iommu_vdevice_tsm_map.decode(ucmd.cmd);
  const { start_gpa, end_gpa, vdevice_id } = cmd;
  let rc = -ENODEV;

  tellCall(ucmd, "iommufd_vdevice_tsm_map_ioctl", { start_gpa, end_gpa, vdevice_id });
  if (cmd.flags !== 0) return -EOPNOTSUPP;

  tellCall(ucmd, "iommufd_get_object", { id: vdevice_id });
  const vdev = yield* iommufd_get_vdevice(ucmd, vdevice_id);
  if (typeof vdev === "number") return vdev;

  const kvm = kvmOf(vdev, "iommufd_vdevice_tsm_map_ioctl");
  if (kvm !== undefined) {
    const [start, end] = toGpaRange(start_gpa, end_gpa);
    rc = yield* kvm_map_private_memory(kvm, start, end);
    if (rc === 0) {
      tellCall(ucmd, "iommufd_ucmd_respond", { cmd_len: ucmd.cmd.length });
      rc = iommufd_ucmd_respond(ucmd);
    }
  }
  tellCall(ucmd, "iommufd_put_object", { id: vdevice_id });
  iommufd_put_object(vdev);
  return rc;
}

/**
 * IOMMU_VDEVICE_TSM_GUEST_REQUEST: forwards what the guest asks of the TSM. Only `resp_len` comes back.
 *
 * @kernel drivers/iommu/iommufd/viommu.c (RFC v1, patch 09 of 38)
 */
export function* iommufd_vdevice_tsm_guest_request_ioctl(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_vdevice_tsm_guest_request.decode(ucmd.cmd);
  const info: tsm_guest_req_info = {
    mm: ucmd.current.mm,
    type: cmd.type,
    type_info: Number(cmd.type_info_uptr),
    type_info_len: cmd.type_info_len,
    req: Number(cmd.req_uptr),
    req_len: cmd.req_len,
    resp: Number(cmd.resp_uptr),
    resp_len: cmd.resp_len,
  };
  const vdev = yield* iommufd_get_vdevice(ucmd, cmd.vdevice_id);
  if (typeof vdev === "number") return vdev;
  let rc = yield* pci_tsm_guest_req(vdev.idev.dev, info);
  if (rc === 0) {
    iommu_vdevice_tsm_guest_request.set(ucmd.cmd, "resp_len", info.resp_len);
    rc = iommufd_ucmd_respond(ucmd);
  }
  iommufd_put_object(vdev);
  return rc;
}
