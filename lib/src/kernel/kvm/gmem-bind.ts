// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { EBADF, EINVAL } from "../../base/errno.ts";
import { touches } from "../../base/footprint.ts";
import type { Task } from "../../base/task.ts";
import { type File, fput, get_file_active, type task_struct } from "../fs/file.ts";
import { gmemOf, KVM_GMEM_FOPS } from "./gmem-inode.ts";
import type { Kvm } from "./kvm.ts";
import { type kvm_memory_slot, MEMSLOT } from "./memslots.ts";

/**
 * Ties a new slot to pages of a guest_memfd, starting `offset` bytes into it. The slot keeps no reference on the
 * file. The caller holds `slots_lock`.
 *
 * Returns 0; -EBADF for a descriptor that is not open; -EINVAL for a file that is no guest_memfd of this VM, for
 * a bad offset, a range past the end, or pages that another slot uses.
 *
 * @kernel virt/kvm/guest_memfd.c
 */
export function* kvm_gmem_bind(
  kvm: Kvm,
  slot: kvm_memory_slot,
  fd: number,
  offset: bigint,
  current: task_struct,
): Task<number> {
  const file = current.fget(fd);
  if (file === undefined) return -EBADF;
  const result = yield* bindToFile(kvm, slot, file, BigInt.asIntN(64, offset));
  // The binding is weak: not even success keeps the file open.
  yield* fput(file);
  return result;
}

function* bindToFile(kvm: Kvm, slot: kvm_memory_slot, file: File, offset: bigint): Task<number> {
  if (file.f_op.name !== KVM_GMEM_FOPS) return -EINVAL;
  const gmem = gmemOf(file);
  if (gmem.kvm !== kvm) return -EINVAL;
  const size = slot.npages * PAGE_SIZE;
  if (offset < 0n || offset % BigInt(PAGE_SIZE) !== 0n || offset + BigInt(size) > BigInt(gmem.inode.size)) {
    return -EINVAL;
  }
  const start = Number(offset) / PAGE_SIZE;
  const end = start + slot.npages;
  yield* gmem.inode.invalidate_lock.writeLock();
  const free = gmem.bindings.isUniform(start, end, undefined);
  if (free) {
    if (touches.on) touches.write(MEMSLOT, slot.id);
    slot.gmem.file = file;
    slot.gmem.pgoff = start;
    gmem.bindings.store(start, end, slot);
  }
  gmem.inode.invalidate_lock.writeUnlock();
  return free ? 0 : -EINVAL;
}

/**
 * Unties a slot from its guest_memfd. Nothing happens when the file is closed: its release has done it.
 *
 * @kernel virt/kvm/guest_memfd.c
 */
export function* kvm_gmem_unbind(slot: kvm_memory_slot): Task<void> {
  if (touches.on) touches.write(MEMSLOT, slot.id);
  const file = get_file_active(slot.gmem.file);
  if (file === undefined) return;
  const gmem = gmemOf(file);
  yield* gmem.inode.invalidate_lock.writeLock();
  gmem.bindings.store(slot.gmem.pgoff, slot.gmem.pgoff + slot.npages, undefined);
  if (touches.on) touches.write(MEMSLOT, slot.id);
  slot.gmem.file = undefined;
  gmem.inode.invalidate_lock.writeUnlock();
  yield* fput(file);
}
