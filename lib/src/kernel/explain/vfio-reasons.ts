// SPDX-License-Identifier: MIT
import {
  EADDRINUSE,
  EBADF,
  EBADFD,
  EBUSY,
  EFAULT,
  EINVAL,
  ENOENT,
  ENOMEM,
  EOPNOTSUPP,
} from "../../base/errno.ts";
import { ATTACH_MINSZ, BIND_MINSZ, DETACH_MINSZ, INFO_MINSZ } from "../vfio/device-file.ts";
import * as uapi from "../vfio/uapi.ts";
import { VFIO_DEVICE_ATTACH_PASID } from "../vfio/uapi.ts";
import { onFields } from "./object-reasons.ts";
import { argumentBytes, argumentOf, type Reason, shown } from "./reason.ts";

/** Reasons of the commands on a device file of VFIO, in the order of the kernel. */

const CDEV = "drivers/vfio/device_cdev.c";
const DEVICE = "drivers/iommu/iommufd/device.c";

const unbound: Reason = {
  id: "bound",
  errno: EINVAL,
  text: "the file is not bound to an iommufd yet, and until then does nothing but bind",
  source: "vfio_device_fops_unl_ioctl, drivers/vfio/vfio_main.c",
};

function readable(bytes: number, source: string): Reason {
  return {
    id: "read",
    errno: EFAULT,
    text: "the structure cannot be read",
    source,
    evidence: (call) => {
      const read = argumentBytes(call, bytes).length;
      return shown(read < bytes, `${read} bytes can be read, ${bytes} are needed`);
    },
  };
}

function pasid(source: string): readonly Reason[] {
  return [
    { id: "pasid_read", errno: EFAULT, text: "the PASID cannot be read", source },
    { id: "pasid", errno: EOPNOTSUPP, text: "the device has no PASIDs", source },
  ];
}

const answer: Reason = {
  id: "answer",
  errno: EFAULT,
  text: "the answer cannot be written back; what was done is undone",
  source: CDEV,
};

const bind: readonly Reason[] = [
  readable(BIND_MINSZ, `vfio_df_ioctl_bind_iommufd, ${CDEV}`),
  onFields(
    uapi.vfio_device_bind_iommufd,
    {
      id: "arguments",
      errno: EINVAL,
      text: "argsz is too small, flags is not 0, or the descriptor is negative",
      source: `vfio_df_ioctl_bind_iommufd, ${CDEV}`,
    },
    ({ argsz, flags, iommufd }) => argsz < BIND_MINSZ || flags !== 0 || iommufd < 0,
    "argsz",
    "flags",
    "iommufd",
  ),
  {
    id: "again",
    errno: EINVAL,
    text: "the file, or another file of this device, is bound already",
    source: `vfio_df_ioctl_bind_iommufd, ${CDEV}; vfio_df_device_first_open, drivers/vfio/vfio_main.c`,
  },
  {
    id: "iommufd",
    errno: EBADF,
    text: "iommufd is not an open descriptor",
    source: "iommufd_ctx_from_fd, drivers/iommu/iommufd/main.c",
    evidence: (call) => `iommufd is ${argumentOf(call, uapi.vfio_device_bind_iommufd).iommufd}`,
  },
  {
    id: "iommufd_kind",
    errno: EBADFD,
    text: "the descriptor is not one of /dev/iommu",
    source: "iommufd_ctx_from_file, drivers/iommu/iommufd/main.c",
    evidence: (call) => `iommufd is ${argumentOf(call, uapi.vfio_device_bind_iommufd).iommufd}`,
  },
  {
    id: "owner",
    errno: EBUSY,
    text: "the device belongs to another iommufd",
    source: `iommufd_device_bind, ${DEVICE}`,
  },
  { id: "memory", errno: ENOMEM, text: "no memory for the object", source: `iommufd_device_bind, ${DEVICE}` },
  answer,
];

const attach: readonly Reason[] = [
  unbound,
  readable(ATTACH_MINSZ, `vfio_df_ioctl_attach_pt, ${CDEV}`),
  onFields(
    uapi.vfio_device_attach_iommufd_pt,
    {
      id: "arguments",
      errno: EINVAL,
      text: "argsz is too small, or flags has an unknown bit",
      source: `vfio_df_ioctl_attach_pt, ${CDEV}`,
    },
    ({ argsz, flags }) => argsz < ATTACH_MINSZ || (flags & ~VFIO_DEVICE_ATTACH_PASID) !== 0,
    "argsz",
    "flags",
  ),
  ...pasid(`vfio_df_ioctl_attach_pt, ${CDEV}`),
  {
    id: "pt_id",
    errno: ENOENT,
    text: "there is no object with this id, or the device has no vdevice for a domain that the guest's tables translate",
    source: `iommufd_device_attach, ${DEVICE}`,
  },
  {
    id: "pt_kind",
    errno: EINVAL,
    text: "the object is no IOAS and no domain",
    source: `iommufd_device_attach, ${DEVICE}`,
  },
  { id: "memory", errno: ENOMEM, text: "no memory for a domain", source: `iommufd_device_attach, ${DEVICE}` },
  {
    id: "areas",
    errno: EADDRINUSE,
    text: "something is mapped where the device's interrupts are written, or where its domain cannot translate",
    source: "iopt_table_enforce_dev_resv_regions, drivers/iommu/iommufd/io_pagetable.c",
  },
  answer,
];

const detach: readonly Reason[] = [
  unbound,
  readable(DETACH_MINSZ, `vfio_df_ioctl_detach_pt, ${CDEV}`),
  onFields(
    uapi.vfio_device_detach_iommufd_pt,
    {
      id: "arguments",
      errno: EINVAL,
      text: "argsz is too small, or flags has an unknown bit",
      source: `vfio_df_ioctl_detach_pt, ${CDEV}`,
    },
    ({ argsz, flags }) => argsz < DETACH_MINSZ || (flags & ~VFIO_DEVICE_ATTACH_PASID) !== 0,
    "argsz",
    "flags",
  ),
  ...pasid(`vfio_df_ioctl_detach_pt, ${CDEV}`),
];

const info: readonly Reason[] = [
  unbound,
  readable(INFO_MINSZ, "vfio_pci_ioctl_get_info, drivers/vfio/pci/vfio_pci_core.c"),
  onFields(
    uapi.vfio_device_info,
    {
      id: "arguments",
      errno: EINVAL,
      text: "argsz is too small",
      source: "vfio_pci_ioctl_get_info, drivers/vfio/pci/vfio_pci_core.c",
    },
    ({ argsz }) => argsz < INFO_MINSZ,
    "argsz",
  ),
  answer,
];

/** Reasons of the commands on a device file by name. */
export const vfioReasons: Readonly<Record<string, readonly Reason[]>> = {
  VFIO_DEVICE_BIND_IOMMUFD: bind,
  VFIO_DEVICE_ATTACH_IOMMUFD_PT: attach,
  VFIO_DEVICE_DETACH_IOMMUFD_PT: detach,
  VFIO_DEVICE_GET_INFO: info,
};
