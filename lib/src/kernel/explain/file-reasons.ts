// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import {
  EBADF,
  EFBIG,
  EINTR,
  EINVAL,
  EMFILE,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENOTTY,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
  ESPIPE,
} from "../../base/errno.ts";
import { FALLOC_FL_KEEP_SIZE, MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED } from "../fs/uapi.ts";
import { gmemOf, KVM_GMEM_FOPS } from "../kvm/gmem-inode.ts";
import { type FailedCall, type Reason, shown } from "./reason.ts";

/** The first reason of every call that takes a descriptor. */
export const badDescriptor: Reason = {
  id: "fd",
  errno: EBADF,
  text: "the descriptor is not open",
  source: "fdget, fs/file.c",
  evidence: ({ detail, file }) => shown(file === undefined, `fd is ${detail["fd"]}`),
};

/** The first reason of every ioctl after that. */
export const noIoctl: Reason = {
  id: "no_ioctl",
  errno: ENOTTY,
  text: "a file of this kind has no ioctls",
  source: "vfs_ioctl, fs/ioctl.c",
  evidence: ({ file }) => shown(file !== undefined && file.f_op.ioctl === undefined, kindOf(file?.f_op.name)),
};

function kindOf(name: string | undefined): string {
  return `the file has ${name}`;
}

function number(call: FailedCall, name: string): bigint {
  const value = call.detail[name] ?? 0;
  return typeof value === "string" ? 0n : BigInt(value);
}

const PAGE = BigInt(PAGE_SIZE);
const GMEM = "virt/kvm/guest_memfd.c";

const fallocate: readonly Reason[] = [
  badDescriptor,
  {
    id: "length",
    errno: EINVAL,
    text: "the offset is negative, or the length is not more than 0",
    source: "vfs_fallocate, fs/open.c",
    evidence: (call) =>
      shown(
        number(call, "offset") < 0n || number(call, "length") <= 0n,
        `offset is ${number(call, "offset")}, length is ${number(call, "length")}`,
      ),
  },
  {
    id: "mode",
    errno: EOPNOTSUPP,
    text: "the mode is not one that the file can do; a guest_memfd needs KEEP_SIZE",
    source: `vfs_fallocate, fs/open.c; kvm_gmem_fallocate, ${GMEM}`,
    evidence: (call) => `mode is ${number(call, "mode")}`,
  },
  {
    id: "regular",
    errno: ENODEV,
    text: "the file is no regular file",
    source: "vfs_fallocate, fs/open.c",
    evidence: ({ file }) => shown(file?.f_op.regular !== true, kindOf(file?.f_op.name)),
  },
  {
    id: "too_big",
    errno: EFBIG,
    text: "the range ends beyond the largest file",
    source: "vfs_fallocate, fs/open.c",
  },
  {
    id: "aligned",
    errno: EINVAL,
    text: "offset and length must be multiples of the page size",
    source: `kvm_gmem_fallocate, ${GMEM}`,
    evidence: (call) =>
      shown(
        number(call, "offset") % PAGE !== 0n || number(call, "length") % PAGE !== 0n,
        `offset is ${number(call, "offset")}, length is ${number(call, "length")}`,
      ),
  },
  {
    id: "beyond_end",
    errno: EINVAL,
    text: "pages can be allocated only inside of the file, whose size is fixed",
    source: `kvm_gmem_allocate, ${GMEM}`,
    evidence: (call) => {
      if (call.file?.f_op.name !== KVM_GMEM_FOPS) return undefined;
      const end = number(call, "offset") + number(call, "length");
      const { size } = gmemOf(call.file).inode;
      const plain = Number(number(call, "mode")) === FALLOC_FL_KEEP_SIZE;
      return shown(plain && end > BigInt(size), `the range ends at ${end}, the file at ${size}`);
    },
  },
  {
    id: "signal",
    errno: EINTR,
    text: "a signal arrived; what was allocated stays",
    source: `kvm_gmem_allocate, ${GMEM}`,
  },
  {
    id: "memory",
    errno: ENOMEM,
    text: "no memory for a page; what was allocated stays",
    source: `kvm_gmem_allocate, ${GMEM}`,
  },
];

const mmap: readonly Reason[] = [
  {
    id: "offset",
    errno: EINVAL,
    text: "the offset must be a multiple of the page size",
    source: "ksys_mmap_pgoff, mm/mmap.c",
    evidence: (call) => shown(number(call, "offset") % PAGE !== 0n, `offset is ${number(call, "offset")}`),
  },
  {
    ...badDescriptor,
    evidence: (call) =>
      shown(
        (number(call, "flags") & BigInt(MAP_ANONYMOUS)) === 0n && call.file === undefined,
        `fd is ${call.detail["fd"]}`,
      ),
  },
  {
    id: "length",
    errno: EINVAL,
    text: "the length must not be 0",
    source: "do_mmap, mm/mmap.c",
    evidence: (call) => shown(number(call, "length") === 0n, "length is 0"),
  },
  {
    id: "sharing",
    errno: EINVAL,
    text: "exactly one of MAP_SHARED and MAP_PRIVATE must be given",
    source: "do_mmap, mm/mmap.c",
    evidence: (call) => {
      const flags = Number(number(call, "flags"));
      return shown(((flags & MAP_SHARED) !== 0) === ((flags & MAP_PRIVATE) !== 0), `flags is ${flags}`);
    },
  },
  {
    id: "no_mmap",
    errno: ENODEV,
    text: "a file of this kind cannot be mapped; a guest_memfd only if it was made for that",
    source: `do_mmap, mm/mmap.c; kvm_gmem_mmap, ${GMEM}`,
    evidence: ({ file }) => kindOf(file?.f_op.name),
  },
  {
    id: "file",
    errno: EINVAL,
    text: "the file does not let itself be mapped in this way",
    source: "f_op->mmap",
  },
  {
    id: "negative",
    errno: EOVERFLOW,
    text: "the offset lies beyond every file",
    source: "do_mmap, mm/mmap.c",
  },
  {
    id: "memory",
    errno: ENOMEM,
    text: "no addresses are left, or they are not in user space",
    source: "do_mmap, mm/mmap.c",
  },
  {
    id: "signal",
    errno: EINTR,
    text: "a signal that kills ended the wait for the mmap lock",
    source: "mmap_write_lock_killable, include/linux/mmap_lock.h",
  },
];

/** Reasons of a file that cannot be read, or written, or has no positions. */
function transfer(name: string): readonly Reason[] {
  return [
    badDescriptor,
    {
      id: "cannot",
      errno: EINVAL,
      text: `a file of this kind has no ${name}`,
      source: `vfs_${name}, fs/read_write.c`,
      evidence: ({ file }) => kindOf(file?.f_op.name),
    },
    {
      id: "position",
      errno: ESPIPE,
      text: "the file has no positions",
      source: `vfs_${name}, fs/read_write.c`,
    },
  ];
}

/** Reasons of the system calls other than ioctl, by name. */
export const fileReasons: Readonly<Record<string, readonly Reason[]>> = {
  open: [
    {
      id: "path",
      errno: ENOENT,
      text: "nothing is there under this path",
      source: "do_filp_open, fs/namei.c",
      evidence: ({ detail }) => `path is ${detail["path"]}`,
    },
    {
      id: "descriptors",
      errno: EMFILE,
      text: "the process has no descriptor left",
      source: "alloc_fd, fs/file.c",
    },
    { id: "memory", errno: ENOMEM, text: "no memory for the driver's data", source: "the driver's open" },
  ],
  close: [badDescriptor],
  fstat: [badDescriptor],
  fallocate,
  mmap,
  munmap: [
    {
      id: "range",
      errno: EINVAL,
      text: "the address is not aligned, the length is 0, or the range is not in user space or cuts a mapping in two",
      source: "do_vmi_munmap, mm/vma.c",
      evidence: (call) => `address is ${number(call, "address")}, length is ${number(call, "length")}`,
    },
    {
      id: "signal",
      errno: EINTR,
      text: "a signal that kills ended the wait for the mmap lock",
      source: "mmap_write_lock_killable, include/linux/mmap_lock.h",
    },
  ],
  ftruncate: [
    badDescriptor,
    {
      id: "size_fixed",
      errno: EINVAL,
      text: "the length is negative, or the file has no size that can change; a guest_memfd keeps the one it was made with",
      source: `do_truncate, fs/open.c; kvm_gmem_setattr, ${GMEM}`,
      evidence: (call) => `length is ${number(call, "length")}`,
    },
  ],
  fchmod: [
    badDescriptor,
    {
      id: "setattr",
      errno: EINVAL,
      text: "no attribute of a guest_memfd can be changed",
      source: `kvm_gmem_setattr, ${GMEM}`,
    },
    { id: "owner", errno: EPERM, text: "the file belongs to root", source: "chmod_common, fs/open.c" },
  ],
  read: transfer("read"),
  pread: transfer("read"),
  write: transfer("write"),
  pwrite: transfer("write"),
};
