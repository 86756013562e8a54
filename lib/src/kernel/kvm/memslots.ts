// SPDX-License-Identifier: MIT
import type { Gfn } from "../../base/address.ts";
import { type SharedKind, sharedKind, touches } from "../../base/footprint.ts";
import type { File } from "../fs/file.ts";
import { KVM_MEM_GUEST_MEMFD } from "./uapi.ts";

/** Internal flag: the slot is being deleted or moved. @kernel include/linux/kvm_host.h */
export const KVM_MEMSLOT_INVALID: number = 1 << 16;
/** Slot ids that user space may use: 0 to 32766. */
export const KVM_USER_MEM_SLOTS = 32767;
/** Largest number of pages in a slot. */
export const KVM_MEM_MAX_NR_PAGES: number = 2 ** 31 - 1;

/** A slot as tasks share it: its guest_memfd, and whether it was freed. Parts are ids. */
export const MEMSLOT: SharedKind = sharedKind("memslot");
/** The sets of slots of a VM. */
export const MEMSLOTS: SharedKind = sharedKind("kvm->memslots");

/**
 * A range of guest memory: guest frames `base_gfn` to `base_gfn + npages`, end exclusive.
 *
 * @kernel include/linux/kvm_host.h struct kvm_memory_slot
 */
export interface kvm_memory_slot {
  base_gfn: Gfn;
  npages: number;
  /** User address of the shared half, in bytes. */
  userspace_addr: number;
  flags: number;
  readonly id: number;
  readonly as_id: number;
  /** The guest_memfd behind the private half. The pointer holds no reference: release sets it back. */
  gmem: { file: File | undefined; pgoff: number };
  /** The memory of this structure was given back. Whoever still points at it uses it after free. */
  freed: boolean;
}

/**
 * One set of slots. A VM has two and publishes them in turn, so that readers always see a complete one.
 *
 * @kernel include/linux/kvm_host.h struct kvm_memslots
 */
export class kvm_memslots {
  readonly id_hash: Map<number, kvm_memory_slot> = new Map();
  /** The slots by ascending `base_gfn`; the kernel keeps a red-black tree. */
  readonly gfn_tree: kvm_memory_slot[] = [];
  /** The slot of the last successful look-up. */
  last_used_slot: kvm_memory_slot | undefined;

  insert(slot: kvm_memory_slot): void {
    if (touches.on) touches.write(MEMSLOTS);
    this.id_hash.set(slot.id, slot);
    this.gfn_tree.splice(this.#position(slot.base_gfn), 0, slot);
  }

  erase(slot: kvm_memory_slot): void {
    if (touches.on) touches.write(MEMSLOTS);
    this.id_hash.delete(slot.id);
    this.gfn_tree.splice(this.#position(slot.base_gfn), 1);
    if (this.last_used_slot === slot) this.last_used_slot = undefined;
  }

  /** The slot that holds `gfn`, by binary search. */
  search(gfn: number): kvm_memory_slot | undefined {
    const slot = this.gfn_tree[this.#position(gfn + 1) - 1];
    return slot !== undefined && gfn < slot.base_gfn + slot.npages ? slot : undefined;
  }

  /** The slots that touch `start <= gfn < end`, in ascending order. */
  inRange(start: number, end: number): kvm_memory_slot[] {
    // Slots never overlap, so at most one begins before the range and reaches into it.
    const first = this.search(start) === undefined ? this.#position(start) : this.#position(start + 1) - 1;
    return this.gfn_tree.slice(first, this.#position(end));
  }

  /** Number of slots whose first frame lies below `gfn`. */
  #position(gfn: number): number {
    let low = 0;
    let high = this.gfn_tree.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.gfn_tree[middle] as kvm_memory_slot).base_gfn < gfn) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * The slot that holds a guest frame, or `undefined`. Reads the published set anew on every call, so a long
 * reader may see another set from one page to the next. Slots that are being deleted are found like any other.
 *
 * @kernel include/linux/kvm_host.h (__gfn_to_memslot)
 */
export function gfn_to_memslot(
  kvm: { readonly memslots: kvm_memslots },
  gfn: Gfn,
): kvm_memory_slot | undefined {
  const slots = kvm.memslots;
  const last = slots.last_used_slot;
  if (last !== undefined && gfn >= last.base_gfn && gfn < last.base_gfn + last.npages) return last;
  const slot = slots.search(gfn);
  if (slot !== undefined) slots.last_used_slot = slot;
  return slot;
}

/**
 * True when the slot exists and has a guest_memfd. It looks neither at the INVALID flag nor at whether the file
 * is still open.
 *
 * @kernel include/linux/kvm_host.h (later named kvm_slot_has_gmem)
 */
export function kvm_slot_can_be_private(slot: kvm_memory_slot | undefined): slot is kvm_memory_slot {
  return slot !== undefined && (slot.flags & KVM_MEM_GUEST_MEMFD) !== 0;
}
