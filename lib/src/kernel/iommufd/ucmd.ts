// SPDX-License-Identifier: MIT
import { E2BIG, EFAULT } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import type { task_struct } from "../fs/file.ts";
import type { UserPointer } from "../mm/user-memory.ts";
import type { iommufd_ctx, iommufd_object, iommufd_object_type } from "./object-table.ts";
import { iommufd_get_object, iommufd_object_alloc } from "./objects.ts";

/**
 * One command at work. `cmd` is the kernel's copy of the structure: handlers decode it, write their answers into it
 * and send it back with `iommufd_ucmd_respond`.
 *
 * @kernel drivers/iommu/iommufd/iommufd_private.h
 */
export interface iommufd_ucmd {
  readonly ictx: iommufd_ctx;
  readonly current: task_struct;
  readonly ubuffer: UserPointer;
  /** The size that user space gave, read once before everything else. */
  readonly user_size: number;
  readonly cmd: Uint8Array;
  /** An object that the handler made: the dispatcher publishes it on success and undoes it on failure. */
  new_obj: iommufd_object | undefined;
}

/** A handler of the table: 0 or a negative errno. */
export type IoctlHandler = (ucmd: iommufd_ucmd) => Task<number>;

/**
 * Copies the structure back, as much of it as user space has room for. Returns -EFAULT when that cannot be written.
 *
 * @param cmd_len bytes of the structure
 * @kernel drivers/iommu/iommufd/iommufd_private.h
 */
export function iommufd_ucmd_respond(ucmd: iommufd_ucmd, cmd_len: number = ucmd.cmd.length): number {
  const length = Math.min(ucmd.user_size, cmd_len);
  return ucmd.ubuffer.write(0, ucmd.cmd.subarray(0, length)) ? 0 : -EFAULT;
}

/** Allocates an object whose fate the dispatcher decides. */
export function iommufd_object_alloc_ucmd<T extends iommufd_object>(
  ucmd: iommufd_ucmd,
  make: (ictx: iommufd_ctx) => T,
): T | number {
  const object = iommufd_object_alloc(ucmd.ictx, make);
  if (typeof object !== "number") ucmd.new_obj = object;
  return object;
}

/** Looks an object up by type. The type of the result is the caller's claim, as it is with container_of. */
export function getTyped<T extends iommufd_object>(
  ucmd: iommufd_ucmd,
  id: number,
  type: iommufd_object_type,
): Task<T | number> {
  return iommufd_get_object(ucmd.ictx, id, type) as Task<T | number>;
}

/** The bytes before the first one that cannot be read: the kernel, which reads whole words, finds them first. */
function readableStart(source: UserPointer, offset: number, length: number): readonly number[] {
  const bytes: number[] = [];
  for (let at = offset; at < offset + length; at++) {
    const byte = source.read(at, 1)?.[0];
    if (byte === undefined) break;
    bytes.push(byte);
  }
  return bytes;
}

/**
 * Copies a structure that may be shorter or longer than the kernel's. What is missing is zero; what is too much must
 * be zero: it is read first, and the first byte that is not gives -E2BIG. Unreadable memory gives -EFAULT.
 *
 * @param ksize `sizeof` the kernel's structure
 * @param usize bytes that user space claims to give
 * @kernel include/linux/uaccess.h
 */
export function copy_struct_from_user(
  source: UserPointer,
  ksize: number,
  usize: number,
): Uint8Array | number {
  for (let at = ksize; at < usize; at += 8) {
    const length = Math.min(8, usize - at);
    const tail = source.read(at, length);
    if ((tail ?? readableStart(source, at, length)).some((byte) => byte !== 0)) return -E2BIG;
    if (tail === undefined) return -EFAULT;
  }
  const bytes = source.read(0, Math.min(ksize, usize));
  if (bytes === undefined) return -EFAULT;
  const cmd = new Uint8Array(ksize);
  cmd.set(bytes);
  return cmd;
}
