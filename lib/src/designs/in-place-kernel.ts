// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../base/address.ts";
import { EAGAIN, EFAULT, EINVAL } from "../base/errno.ts";
import { type Struct, struct } from "../base/layout.ts";
import type { Task } from "../base/task.ts";
import type { Host } from "../boot.ts";
import type { IoctlArgument, task_struct } from "../kernel/fs/file.ts";
import { type GmemUser, mapGuestMemfds } from "../kernel/iommufd/gmem-user.ts";
import { extendKvm } from "../kernel/kvm/extension-points.ts";
import { kvm_gmem_invalidate_begin, kvm_gmem_invalidate_end } from "../kernel/kvm/gmem-file.ts";
import type { kvm_gmem } from "../kernel/kvm/gmem-inode.ts";
import { KVM_MEMORY_ATTRIBUTE_PRIVATE } from "../kernel/kvm/uapi.ts";
import { NO_PAGE } from "../kernel/mm/pages.ts";
import { isShared } from "./gmem-in-iommu-kernel.ts";

/** Command of a guest_memfd, as posted in 2026. @kernel include/uapi/linux/kvm.h */
export const KVM_SET_MEMORY_ATTRIBUTES2 = 0xc080aed2;

const attributes2Fields = {
  offset: ["u64", 0],
  size: ["u64", 8],
  attributes: ["u64", 16],
  flags: ["u64", 24],
  error_offset: ["u64", 32],
  reserved: ["u64", 40, 11],
} as const;
/** Argument of KVM_SET_MEMORY_ATTRIBUTES2: bytes of the file, and on an error the page that was in the way. */
export const kvm_memory_attributes2: Struct<typeof attributes2Fields> = struct(
  "kvm_memory_attributes2",
  attributes2Fields,
  128,
  "include/uapi/linux/kvm.h",
);

/**
 * A kernel that converts memory in place: one page is private or shared, the file decides, and whoever shows its pages
 * is registered with it.
 *
 * Simplified: what a page is stays in the VM's attributes, which the command changes for the slots of the file; the
 * ways to treat the contents are left out.
 *
 * @param user how iommufd shows pages of the file
 */
export function convertInPlace({ kernel }: Host, user: GmemUser): void {
  mapGuestMemfds(kernel, user);
  extendKvm(kernel, {
    mayTouch: isShared,
    gmemIoctls: new Map([[KVM_SET_MEMORY_ATTRIBUTES2, kvm_gmem_set_attributes]]),
  });
}

/**
 * Returns 0; -EFAULT; -EINVAL for a bad range or unknown bits; -EAGAIN, with `error_offset`, when a page that shall
 * become private is held by anybody but the file.
 *
 * @kernel virt/kvm/guest_memfd.c (posted 2026)
 */
function* kvm_gmem_set_attributes(
  gmem: kvm_gmem,
  _current: task_struct,
  { pointer }: IoctlArgument,
): Task<number> {
  const bytes = pointer.read(0, kvm_memory_attributes2.byteLength);
  if (bytes === undefined) return -EFAULT;
  const { offset, size, attributes, flags, reserved } = kvm_memory_attributes2.decode(bytes);
  const page = BigInt(PAGE_SIZE);
  if (flags !== 0n || reserved.some((word) => word !== 0n)) return -EINVAL;
  if ((attributes & ~BigInt(KVM_MEMORY_ATTRIBUTE_PRIVATE)) !== 0n) return -EINVAL;
  if (size === 0n || offset % page !== 0n || size % page !== 0n) return -EINVAL;
  if (offset + size > BigInt(gmem.inode.size)) return -EINVAL;
  const start = Number(offset / page);
  const end = Number((offset + size) / page);

  yield* gmem.inode.invalidate_lock.writeLock();
  const inTheWay = attributes === 0n ? undefined : heldPage(gmem, start, end);
  if (inTheWay === undefined) yield* changeAttributes(gmem, start, end, Number(attributes));
  gmem.inode.invalidate_lock.writeUnlock();
  if (inTheWay === undefined) return 0;
  kvm_memory_attributes2.set(bytes, "error_offset", inTheWay * PAGE_SIZE);
  return pointer.write(0, bytes) ? -EAGAIN : -EFAULT;
}

/** The first page of a range with more references than the one of the page cache. */
function heldPage({ inode, kvm }: kvm_gmem, start: number, end: number): number | undefined {
  for (let index = start; index < end; index++) {
    const pfn = inode.pageAt(index);
    if (pfn !== NO_PAGE && kvm.kernel.pages.page_count(pfn) !== 1) return index;
  }
  return undefined;
}

/** Everybody lets go of the pages, and then they are something else. The caller holds the invalidate lock. */
function* changeAttributes(gmem: kvm_gmem, start: number, end: number, attributes: number): Task<void> {
  const { kvm, inode, bindings } = gmem;
  for (const listener of inode.listeners) listener.converted(start, end, attributes !== 0);
  yield* kvm_gmem_invalidate_begin(gmem, start, end);
  for (const bound of bindings.within(start, end)) {
    const { base_gfn, gmem: place } = bound.value;
    const from = base_gfn + Math.max(start, bound.start) - place.pgoff;
    const to = base_gfn + Math.min(end, bound.end) - place.pgoff;
    kvm.mem_attr_array.store(from, to, attributes === 0 ? undefined : attributes);
  }
  yield* kvm_gmem_invalidate_end(gmem, start, end);
}
