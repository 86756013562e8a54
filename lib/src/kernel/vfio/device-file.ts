// SPDX-License-Identifier: MIT
import { EBADF, EBADFD, EFAULT, EINVAL, ENOTTY, EOPNOTSUPP } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { type File, type file_operations, fput, type IoctlArgument, type task_struct } from "../fs/file.ts";
import { S_IFCHR } from "../fs/uapi.ts";
import {
  type iommufd_device,
  iommufd_device_attach,
  iommufd_device_bind,
  iommufd_device_detach,
  iommufd_device_unbind,
} from "../iommufd/device.ts";
import { isIommufdFile } from "../iommufd/main.ts";
import type { iommufd_ctx } from "../iommufd/object-table.ts";
import type { Kernel } from "../kernel.ts";
import { Mutex } from "../mm/locks.ts";
import type { UserPointer } from "../mm/user-memory.ts";
import type { pci_dev } from "../pci/pci-dev.ts";
import {
  VFIO_DEVICE_ATTACH_IOMMUFD_PT,
  VFIO_DEVICE_ATTACH_PASID,
  VFIO_DEVICE_BIND_IOMMUFD,
  VFIO_DEVICE_DETACH_IOMMUFD_PT,
  VFIO_DEVICE_FLAGS_PCI,
  VFIO_DEVICE_FLAGS_RESET,
  VFIO_DEVICE_GET_INFO,
  vfio_device_attach_iommufd_pt,
  vfio_device_bind_iommufd,
  vfio_device_detach_iommufd_pt,
  vfio_device_info,
} from "./uapi.ts";

/** Regions and interrupt kinds of a PCI device as VFIO counts them. */
const VFIO_PCI_NUM_REGIONS = 9;
const VFIO_PCI_NUM_IRQS = 5;

/** A device that VFIO drives. @kernel drivers/vfio/vfio_main.c struct vfio_device */
export interface vfio_device {
  readonly pdev: pci_dev;
  readonly lock: Mutex;
  /** The file that the device is bound through: at most one. @kernel open_count */
  bound: vfio_device_file | undefined;
}

/** An open device file. @kernel drivers/vfio/vfio.h struct vfio_device_file */
export interface vfio_device_file {
  readonly device: vfio_device;
  /** The iommufd file, with a reference, once the device is bound to it. */
  iommufd: File | undefined;
  idev: iommufd_device | undefined;
  attached: boolean;
}

/** Bytes of a structure up to the fields that every caller must give. */
export const BIND_MINSZ = 16;
export const ATTACH_MINSZ = 12;
export const DETACH_MINSZ = 8;
export const INFO_MINSZ = 16;
/** The same with a PASID, which comes after them. */
const PASID_ATTACH_MINSZ = 16;

/**
 * Makes the device files appear, one for each device.
 *
 * @kernel drivers/vfio/device_cdev.c, drivers/vfio/iommufd.c
 */
export function installVfio(kernel: Kernel, devices: readonly pci_dev[]): vfio_device[] {
  return devices.map((pdev, n) => {
    const device: vfio_device = { pdev, lock: new Mutex(kernel, "dev_set->lock"), bound: undefined };
    kernel.nodes.set(`/dev/vfio/devices/vfio${n}`, {
      f_op: vfio_device_fops,
      open: (): vfio_device_file => ({ device, iommufd: undefined, idev: undefined, attached: false }),
    });
    return device;
  });
}

const vfio_device_fops: file_operations = {
  name: "vfio_device_fops",
  ioctl: (file, current, command, argument) =>
    vfio_device_fops_unl_ioctl(file.private_data as vfio_device_file, current, command, argument),
  stat: () => ({ st_mode: S_IFCHR, st_size: 0, st_blksize: 4096 }),
  release: (file) => vfio_df_close(file.private_data as vfio_device_file),
};

/** Until it is bound, a device file does nothing but bind: everything else is -EINVAL. */
function* vfio_device_fops_unl_ioctl(
  df: vfio_device_file,
  current: task_struct,
  command: number,
  { pointer }: IoctlArgument,
): Task<number> {
  if (command === VFIO_DEVICE_BIND_IOMMUFD) return yield* vfio_df_ioctl_bind_iommufd(df, current, pointer);
  const { idev } = df;
  if (idev === undefined) return -EINVAL;
  switch (command) {
    case VFIO_DEVICE_ATTACH_IOMMUFD_PT:
      return yield* vfio_df_ioctl_attach_pt(df, idev, pointer);
    case VFIO_DEVICE_DETACH_IOMMUFD_PT:
      return yield* vfio_df_ioctl_detach_pt(df, idev, pointer);
    case VFIO_DEVICE_GET_INFO:
      return vfio_pci_ioctl_get_info(pointer);
    default:
      return -ENOTTY;
  }
}

/**
 * VFIO_DEVICE_BIND_IOMMUFD. Returns -EFAULT; -EINVAL for a short structure, flags, a negative descriptor, or a file
 * or device that is bound already; -EBADF for a descriptor that is not open and -EBADFD for one that is no iommufd;
 * then what iommufd answers.
 */
function* vfio_df_ioctl_bind_iommufd(
  df: vfio_device_file,
  current: task_struct,
  pointer: UserPointer,
): Task<number> {
  const layout = vfio_device_bind_iommufd;
  const bytes = pointer.read(0, BIND_MINSZ);
  if (bytes === undefined) return -EFAULT;
  const bind = layout.decode(bytes);
  if (bind.argsz < BIND_MINSZ || bind.flags !== 0 || bind.iommufd < 0) return -EINVAL;

  yield* df.device.lock.lock();
  const result = yield* bindLocked(df, current, bind.iommufd, (devid) => {
    layout.set(bytes, "out_devid", devid);
    return pointer.write(12, bytes.subarray(12));
  });
  df.device.lock.unlock();
  return result;
}

function* bindLocked(
  df: vfio_device_file,
  current: task_struct,
  fd: number,
  tellId: (devid: number) => boolean,
): Task<number> {
  if (df.idev !== undefined) return -EINVAL;
  const file = current.fget(fd);
  if (file === undefined) return -EBADF;
  if (!isIommufdFile(file)) {
    yield* fput(file);
    return -EBADFD;
  }
  const ictx = file.private_data as iommufd_ctx;
  ictx.file = file;
  const idev = df.device.bound !== undefined ? -EINVAL : iommufd_device_bind(ictx, df.device.pdev);
  if (typeof idev === "number") {
    yield* fput(file);
    return idev;
  }
  df.iommufd = file;
  df.idev = idev;
  df.device.bound = df;
  if (tellId(idev.id)) return 0;
  yield* vfio_df_close(df);
  return -EFAULT;
}

/** VFIO_DEVICE_ATTACH_IOMMUFD_PT: the id of the domain that is used comes back. */
function* vfio_df_ioctl_attach_pt(
  df: vfio_device_file,
  idev: iommufd_device,
  pointer: UserPointer,
): Task<number> {
  const layout = vfio_device_attach_iommufd_pt;
  const bytes = pointer.read(0, ATTACH_MINSZ);
  if (bytes === undefined) return -EFAULT;
  const attach = layout.decode(bytes);
  if (attach.argsz < ATTACH_MINSZ || (attach.flags & ~VFIO_DEVICE_ATTACH_PASID) !== 0) return -EINVAL;
  if ((attach.flags & VFIO_DEVICE_ATTACH_PASID) !== 0) {
    if (attach.argsz < PASID_ATTACH_MINSZ) return -EINVAL;
    if (pointer.read(ATTACH_MINSZ, 4) === undefined) return -EFAULT;
    return -EOPNOTSUPP;
  }
  yield* df.device.lock.lock();
  let result = yield* iommufd_device_attach(idev, attach.pt_id);
  if (result > 0) {
    df.attached = true;
    layout.set(bytes, "pt_id", result);
    result = 0;
    if (!pointer.write(8, bytes.subarray(8, ATTACH_MINSZ))) {
      yield* detach(df, idev);
      result = -EFAULT;
    }
  }
  df.device.lock.unlock();
  return result;
}

/** VFIO_DEVICE_DETACH_IOMMUFD_PT: also fine when nothing is attached. */
function* vfio_df_ioctl_detach_pt(
  df: vfio_device_file,
  idev: iommufd_device,
  pointer: UserPointer,
): Task<number> {
  const bytes = pointer.read(0, DETACH_MINSZ);
  if (bytes === undefined) return -EFAULT;
  const { argsz, flags } = vfio_device_detach_iommufd_pt.decode(bytes);
  if (argsz < DETACH_MINSZ || (flags & ~VFIO_DEVICE_ATTACH_PASID) !== 0) return -EINVAL;
  if ((flags & VFIO_DEVICE_ATTACH_PASID) !== 0) {
    if (argsz < vfio_device_detach_iommufd_pt.byteLength) return -EINVAL;
    return pointer.read(DETACH_MINSZ, 4) === undefined ? -EFAULT : -EOPNOTSUPP;
  }
  yield* df.device.lock.lock();
  yield* detach(df, idev);
  df.device.lock.unlock();
  return 0;
}

function* detach(df: vfio_device_file, idev: iommufd_device): Task<void> {
  if (df.attached) yield* iommufd_device_detach(idev);
  df.attached = false;
}

/** VFIO_DEVICE_GET_INFO: counts only; the regions and interrupts themselves are not modelled. */
function vfio_pci_ioctl_get_info(pointer: UserPointer): number {
  const bytes = pointer.read(0, INFO_MINSZ);
  if (bytes === undefined) return -EFAULT;
  const { argsz } = vfio_device_info.decode(bytes);
  if (argsz < INFO_MINSZ) return -EINVAL;
  const info = vfio_device_info({
    argsz,
    flags: VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET,
    num_regions: VFIO_PCI_NUM_REGIONS,
    num_irqs: VFIO_PCI_NUM_IRQS,
  });
  return pointer.write(0, info.subarray(0, Math.min(argsz, info.length))) ? 0 : -EFAULT;
}

/** The end of a device file: detaches, takes the device out of iommufd, and lets go of the context. */
function* vfio_df_close(df: vfio_device_file): Task<void> {
  const { idev, iommufd } = df;
  if (idev === undefined || iommufd === undefined) return;
  yield* detach(df, idev);
  df.idev = undefined;
  df.iommufd = undefined;
  df.device.bound = undefined;
  yield* iommufd_device_unbind(idev);
  yield* fput(iommufd);
}
