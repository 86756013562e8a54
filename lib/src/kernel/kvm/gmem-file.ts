// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn } from "../../base/address.ts";
import { EINTR, EINVAL, ENODEV, ENOMEM, ENOTTY, EOPNOTSUPP } from "../../base/errno.ts";
import { sharedKind, touches } from "../../base/footprint.ts";
import { RangeMap } from "../../base/range-map.ts";
import { done, type Task } from "../../base/task.ts";
import { File, type FileMapping, type FileStat, type file_operations, type task_struct } from "../fs/file.ts";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, S_IFREG } from "../fs/uapi.ts";
import { NO_PAGE } from "../mm/pages.ts";
import { kvm_unmap_gfn_range } from "./arm64/unmap.ts";
import { kvmExtensions } from "./extension-points.ts";
import { kvm_gmem_get_folio } from "./gmem-get-pfn.ts";
import { GmemInode, gmemOf, KVM_GMEM_FOPS, type kvm_gmem } from "./gmem-inode.ts";
import {
  kvm_mmu_invalidate_begin,
  kvm_mmu_invalidate_end,
  kvm_mmu_invalidate_range_add,
} from "./invalidate.ts";
import { type Kvm, kvm_arch_has_private_mem, kvm_get_kvm } from "./kvm.ts";
import { MEMSLOT } from "./memslots.ts";
import { GUEST_MEMFD_FLAG_INIT_SHARED, GUEST_MEMFD_FLAG_MMAP } from "./uapi.ts";
import { kvm_put_kvm } from "./vm-lifetime.ts";

/**
 * Takes pages `start <= index < end` of a file out of stage 2 of its VM, in every slot that uses them. Faults
 * that looked a page up before are told by the sequence count. `mmu_lock` is held over the whole set.
 *
 * @kernel virt/kvm/guest_memfd.c
 */
export function* kvm_gmem_invalidate_begin(gmem: kvm_gmem, start: number, end: number): Task<void> {
  const { kvm } = gmem;
  let locked = false;
  for (const bound of gmem.bindings.within(start, end)) {
    const slot = bound.value;
    if (touches.on) touches.read(MEMSLOT, slot.id);
    if (slot.freed) kvm.kernel.log.warn("kvm_gmem_invalidate_begin: use after free of a memory slot");
    if (!locked) {
      yield* kvm.mmu_lock.writeLock();
      kvm_mmu_invalidate_begin(kvm);
      locked = true;
    }
    const first = slot.base_gfn + Math.max(start, bound.start) - slot.gmem.pgoff;
    const last = slot.base_gfn + Math.min(end, bound.end) - slot.gmem.pgoff;
    kvm_mmu_invalidate_range_add(kvm, first, last);
    yield* kvm_unmap_gfn_range(kvm, first, last);
  }
  if (locked) kvm.mmu_lock.writeUnlock();
}

/** Lets faults on pages `start <= index < end` go on. @kernel virt/kvm/guest_memfd.c */
export function* kvm_gmem_invalidate_end(gmem: kvm_gmem, start: number, end: number): Task<void> {
  const { kvm } = gmem;
  if (gmem.bindings.within(start, end).length === 0) return;
  yield* kvm.mmu_lock.writeLock();
  kvm_mmu_invalidate_end(kvm);
  kvm.mmu_lock.writeUnlock();
}

/** Frees the pages of a range (bytes). A range past the end of the file has none. @kernel virt/kvm/guest_memfd.c */
export function* kvm_gmem_punch_hole(gmem: kvm_gmem, offset: number, length: number): Task<number> {
  const { inode } = gmem;
  const start = offset / PAGE_SIZE;
  const end = (offset + length) / PAGE_SIZE;
  yield* inode.invalidate_lock.writeLock();
  yield* kvm_gmem_invalidate_begin(gmem, start, end);
  for (const listener of inode.listeners) listener.invalidate(start, end);
  yield* inode.truncate(start, end);
  yield* kvm_gmem_invalidate_end(gmem, start, end);
  inode.invalidate_lock.writeUnlock();
  return 0;
}

/** Allocates the pages of a range (bytes). What was allocated before an error stays. @kernel virt/kvm/guest_memfd.c */
export function* kvm_gmem_allocate(
  gmem: kvm_gmem,
  offset: number,
  length: number,
  current: task_struct,
): Task<number> {
  const { inode, kvm } = gmem;
  if (offset + length > inode.size) return -EINVAL;
  yield* inode.invalidate_lock.readLock();
  let result = 0;
  for (let index = offset / PAGE_SIZE; index < (offset + length) / PAGE_SIZE; index++) {
    if (current.signal_pending) {
      result = -EINTR;
      break;
    }
    const page = kvm_gmem_get_folio(kvm, inode, index);
    if (page === NO_PAGE) {
      result = -ENOMEM;
      break;
    }
    kvm.kernel.pages.put_page(page);
  }
  inode.invalidate_lock.readUnlock();
  return result;
}

function* fallocate(
  file: File,
  current: task_struct,
  mode: number,
  offset: bigint,
  length: bigint,
): Task<number> {
  const gmem = gmemOf(file);
  if ((mode & FALLOC_FL_KEEP_SIZE) === 0) return -EOPNOTSUPP;
  if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) !== 0) return -EOPNOTSUPP;
  if (offset % BigInt(PAGE_SIZE) !== 0n || length % BigInt(PAGE_SIZE) !== 0n) return -EINVAL;
  if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0) {
    return yield* kvm_gmem_punch_hole(gmem, Number(offset), Number(length));
  }
  return yield* kvm_gmem_allocate(gmem, Number(offset), Number(length), current);
}

/**
 * The last reference on the file went: nobody can use the memory any more. The slots stay, without a file; stage
 * 2 is emptied; the pages go with the inode; and the VM loses the reference that the file held.
 *
 * @kernel virt/kvm/guest_memfd.c kvm_gmem_release
 */
function* release(file: File): Task<void> {
  const gmem = gmemOf(file);
  const { kvm, inode } = gmem;
  yield* kvm.slots_lock.lock();
  yield* inode.invalidate_lock.writeLock();
  for (const { value: slot } of gmem.bindings.within(0, Number.POSITIVE_INFINITY)) {
    if (slot.freed) kvm.kernel.log.warn("kvm_gmem_release: use after free of a memory slot");
    if (touches.on) touches.write(MEMSLOT, slot.id);
    slot.gmem.file = undefined;
  }
  yield* kvm_gmem_invalidate_begin(gmem, 0, Number.POSITIVE_INFINITY);
  yield* kvm_gmem_invalidate_end(gmem, 0, Number.POSITIVE_INFINITY);
  gmem.bindings.store(0, Number.POSITIVE_INFINITY, undefined);
  inode.invalidate_lock.writeUnlock();
  kvm.slots_lock.unlock();
  yield* kvm_put_kvm(kvm);
  // The inode goes with its last file, and with it the page cache. Whoever registered keeps the file open, so nobody
  // is left to be told.
  yield* inode.truncate(0, inode.size / PAGE_SIZE);
}

/** None in 2025. Later any file can be mapped, but memory is shared at first only where nothing is private. */
function kvm_gmem_get_supported_flags(kvm: Kvm): bigint {
  const added = kvmExtensions(kvm.kernel).gmemFlags ?? 0;
  if (kvm.kernel.config.KVM_RELEASE === "2025") return BigInt(added);
  const shared = kvm_arch_has_private_mem(kvm) ? 0 : GUEST_MEMFD_FLAG_INIT_SHARED;
  return BigInt(GUEST_MEMFD_FLAG_MMAP | shared | added);
}

/**
 * A file made with GUEST_MEMFD_FLAG_MMAP can be mapped, shared only. Touching a page past its end, or one that is not
 * shared, is SIGBUS.
 *
 * @kernel virt/kvm/guest_memfd.c (6.18)
 */
function mmap(file: File, _length: number, offset: number, shared: boolean): FileMapping | number {
  const gmem = gmemOf(file);
  const { inode, kvm } = gmem;
  const { mayTouch } = kvmExtensions(kvm.kernel);
  if ((inode.flags & GUEST_MEMFD_FLAG_MMAP) === 0) return -ENODEV;
  if (!shared) return -EINVAL;
  const fault = (page: number): Pfn => {
    const index = offset / PAGE_SIZE + page;
    const isShared = (inode.flags & GUEST_MEMFD_FLAG_INIT_SHARED) !== 0 || mayTouch?.(gmem, index) === true;
    if (index * PAGE_SIZE >= inode.size || !isShared) return NO_PAGE;
    const pfn = kvm_gmem_get_folio(kvm, inode, index);
    if (pfn === NO_PAGE) return NO_PAGE;
    inode.clearBeforeFirstUse(index, pfn);
    // What user space maps, the page cache holds.
    kvm.kernel.pages.put_page(pfn);
    return pfn;
  };
  return { fault, close: () => undefined };
}

/**
 * The operations of a guest_memfd. It can be neither read nor written, mapped only if it was made for that, and its
 * size never changes.
 *
 * @kernel virt/kvm/guest_memfd.c
 */
export const kvm_gmem_fops: file_operations = {
  name: KVM_GMEM_FOPS,
  regular: true,
  ioctl: (file, current, command, argument) => {
    const gmem = gmemOf(file);
    const added = kvmExtensions(gmem.kvm.kernel).gmemIoctls?.get(command);
    return added === undefined ? done(-ENOTTY) : added(gmem, current, argument);
  },
  fallocate,
  mmap,
  noted: { fallocate: true, release: true },
  // Every change of an attribute is refused, the size as much as the mode.
  fchmod: () => -EINVAL,
  release,
  stat: (file): FileStat => ({
    st_mode: S_IFREG | 0o777,
    st_size: gmemOf(file).inode.size,
    st_blksize: PAGE_SIZE,
  }),
};

/**
 * Makes a guest_memfd of `args.size` bytes and a descriptor for it. The file holds a reference on the VM.
 * Returns the descriptor, -EINVAL for flags or a size that is not a positive multiple of the page size, -EMFILE.
 *
 * @kernel virt/kvm/guest_memfd.c
 */
export function kvm_gmem_create(
  kvm: Kvm,
  args: { size: bigint; flags: bigint },
  current: task_struct,
): number {
  if ((args.flags & ~kvm_gmem_get_supported_flags(kvm)) !== 0n) return -EINVAL;
  const size = BigInt.asIntN(64, args.size);
  if (size <= 0n || size % BigInt(PAGE_SIZE) !== 0n) return -EINVAL;
  if (kvm.kernel.faults.hit("alloc")) return -ENOMEM;
  kvm_get_kvm(kvm);
  const inode = new GmemInode(kvm.kernel, Number(size), Number(args.flags));
  const gmem: kvm_gmem = { kvm, inode, bindings: new RangeMap(sharedKind("gmem->bindings")) };
  const fd = current.fd_install(new File(kvm_gmem_fops, gmem));
  // The caller has the VM open, so this is never the last reference.
  if (fd < 0) kvm.users_count--;
  return fd;
}
