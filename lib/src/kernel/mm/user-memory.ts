// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn, pfnToPa } from "../../base/address.ts";
import { EEXIST, EINVAL, ENOMEM } from "../../base/errno.ts";
import { type SharedKind, sharedKind, touches } from "../../base/footprint.ts";
import type { Task } from "../../base/task.ts";
import { PAS } from "../../hw/granule-protection.ts";
import type { MemoryBus } from "../../hw/memory-bus.ts";
import type { FaultInjection } from "../fault-injection.ts";
import { NO_PAGE, type Pages } from "./pages.ts";

/** First address past user space: 48-bit virtual addresses. */
export const TASK_SIZE: number = 2 ** 48;
/** Where the first mapping goes when user space does not say. */
const MMAP_BASE = 0x7f00_0000_0000;

/** The ranges of address spaces, and which of their pages are present. */
const ADDRESS_SPACE: SharedKind = sharedKind("mm_struct");

/** Memory that a system call was pointed to. Offsets are bytes from the pointer. */
export interface UserPointer {
  /** The bytes, or `undefined` where copy_from_user would fault. */
  read(offset: number, length: number): Uint8Array | undefined;
  /** False where copy_to_user would fault. */
  write(offset: number, bytes: Uint8Array): boolean;
}

/** A range of a process's address space. */
export interface vm_area_struct {
  readonly vm_start: number;
  readonly vm_end: number;
  readonly readable: boolean;
  readonly writable: boolean;
  /** The page behind a page of the range, by its number in the range; a file may refuse with `NO_PAGE`. */
  readonly fault: (page: number) => Pfn;
  /** Pages of anonymous memory that are present, by number. */
  readonly anonymous?: ReadonlyMap<number, Pfn>;
  /** The open file that is mapped, with a reference. Memory knows nothing else of files. */
  readonly vm_file?: object;
  /** Called when the range is unmapped or the process ends. */
  readonly close: () => Task<void>;
}

/**
 * The address space of a process.
 *
 * @kernel include/linux/mm_types.h struct mm_struct
 */
export class UserMemory {
  readonly #bus: MemoryBus;
  readonly #pages: Pages;
  readonly #faults: FaultInjection;
  #areas: vm_area_struct[] = [];
  /**
   * Who must let go of pages before user space loses them. Each is told the range in bytes, end exclusive.
   *
   * @kernel include/linux/mmu_notifier.h
   */
  readonly mmu_notifiers: Set<(start: number, end: number) => Task<void>> = new Set();

  constructor(bus: MemoryBus, pages: Pages, faults: FaultInjection) {
    this.#bus = bus;
    this.#pages = pages;
    this.#faults = faults;
  }

  /** Picks a free range of `length` bytes (a multiple of the page size), or answers -ENOMEM. */
  get_unmapped_area(length: number): number {
    if (touches.on) touches.read(ADDRESS_SPACE);
    let start = MMAP_BASE;
    for (const area of this.#areas) {
      if (area.vm_start >= start + length) break;
      start = Math.max(start, area.vm_end);
    }
    return start + length <= TASK_SIZE ? start : -ENOMEM;
  }

  /** Adds a range. Returns -EEXIST when it overlaps another one. */
  add(area: vm_area_struct): number {
    if (touches.on) touches.write(ADDRESS_SPACE);
    if (this.#areas.some((other) => area.vm_start < other.vm_end && other.vm_start < area.vm_end))
      return -EEXIST;
    this.#areas.push(area);
    this.#areas.sort((a, b) => a.vm_start - b.vm_start);
    return 0;
  }

  /** Adds private zero-filled memory of `length` bytes at `start`; its pages are made when first touched. */
  addAnonymous(start: number, length: number, protection: { readable: boolean; writable: boolean }): number {
    const present = new Map<number, Pfn>();
    const pages = this.#pages;
    return this.add({
      vm_start: start,
      vm_end: start + length,
      ...protection,
      anonymous: present,
      fault: (page) => {
        const known = present.get(page);
        if (known !== undefined) return known;
        if (touches.on) touches.write(ADDRESS_SPACE);
        const fresh = this.#pages.alloc_zeroed_page();
        if (fresh !== NO_PAGE) present.set(page, fresh);
        return fresh;
      },
      // biome-ignore lint/correctness/useYield: closing a file mapping may wait, closing this one does not.
      close: function* (this: void): Task<void> {
        for (const pfn of present.values()) pages.put_page(pfn);
      },
    });
  }

  /**
   * Removes whole ranges between `start` and `start + length`. A cut through a range is refused with -EINVAL.
   *
   * Simplified: the real call splits a range.
   */
  *remove(start: number, length: number): Task<number> {
    const end = start + length;
    const inside = (a: vm_area_struct): boolean => a.vm_start >= start && a.vm_end <= end;
    if (this.#areas.some((a) => a.vm_start < end && start < a.vm_end && !inside(a))) return -EINVAL;
    for (const notify of this.mmu_notifiers) yield* notify(start, end);
    const gone = this.#areas.filter(inside);
    this.#areas = this.#areas.filter((a) => !inside(a));
    for (const area of gone) yield* area.close();
    return 0;
  }

  /** Removes everything, as the end of the process does. */
  *removeAll(): Task<void> {
    yield* this.remove(0, TASK_SIZE);
  }

  /** The range that holds `address`. */
  find_vma(address: number): vm_area_struct | undefined {
    if (touches.on) touches.read(ADDRESS_SPACE);
    return this.#areas.find((a) => address >= a.vm_start && address < a.vm_end);
  }

  /** Calls `visit` for each page of memory that belongs to this address space alone; each is held by one reference. */
  forEachAnonymousPage(visit: (address: number, pfn: Pfn) => void): void {
    for (const area of this.#areas) {
      for (const [page, pfn] of area.anonymous ?? []) visit(area.vm_start + page * PAGE_SIZE, pfn);
    }
  }

  /** The ranges that map files, each holding one reference on its file. */
  get mappedFiles(): readonly object[] {
    return this.#areas.flatMap(({ vm_file }) => (vm_file === undefined ? [] : [vm_file]));
  }

  /** True when the addresses lie in user space, whether or not anything is mapped there. */
  access_ok(address: number, length: number): boolean {
    return address >= 0 && length <= TASK_SIZE && address <= TASK_SIZE - length;
  }

  /** The page behind a user address, made present if need be; `NO_PAGE` where an access would fault. */
  get_user_page(address: number, write: boolean): Pfn {
    const area = this.find_vma(address);
    if (area === undefined || !(write ? area.writable : area.readable)) return NO_PAGE;
    return area.fault(Math.floor((address - area.vm_start) / PAGE_SIZE));
  }

  copy_from_user(address: number, length: number): Uint8Array | undefined {
    return this.#faults.hit("copy") ? undefined : this.load(address, length);
  }

  /** Copies to user memory. On a fault part of it may have been written, as in the real kernel. */
  copy_to_user(address: number, bytes: Uint8Array): boolean {
    return !this.#faults.hit("copy") && this.store(address, bytes);
  }

  /** What the program itself reads; `undefined` where it would get a signal. */
  load(address: number, length: number): Uint8Array | undefined {
    const bytes = new Uint8Array(length);
    const ok = this.#eachPage(address, length, false, (pa, done, count) => {
      return this.#bus.read(PAS.NonSecure, pa, bytes.subarray(done, done + count)) === undefined;
    });
    return ok ? bytes : undefined;
  }

  /** What the program itself writes; false where it would get a signal. */
  store(address: number, bytes: Uint8Array): boolean {
    return this.#eachPage(address, bytes.length, true, (pa, done, count) => {
      return this.#bus.write(PAS.NonSecure, pa, bytes.subarray(done, done + count)) === undefined;
    });
  }

  /** The pointer that a system call argument is, taken as an address of this process. */
  at(address: number): UserPointer {
    return {
      read: (offset, length) => this.copy_from_user(address + offset, length),
      write: (offset, bytes) => this.copy_to_user(address + offset, bytes),
    };
  }

  #eachPage(
    address: number,
    length: number,
    write: boolean,
    move: (pa: number, done: number, count: number) => boolean,
  ): boolean {
    if (!this.access_ok(address, length)) return false;
    for (let done = 0; done < length; ) {
      const offset = (address + done) % PAGE_SIZE;
      const count = Math.min(PAGE_SIZE - offset, length - done);
      const pfn = this.get_user_page(address + done, write);
      if (pfn === NO_PAGE || !move(pfnToPa(pfn) + offset, done, count)) return false;
      done += count;
    }
    return true;
  }
}

/**
 * User memory that is given as bytes: the pointer points at the first one, and the page after the last one is
 * not mapped.
 */
export function bytesPointer(bytes: Uint8Array, faults: FaultInjection): UserPointer {
  return {
    read: (offset, length) =>
      faults.hit("copy") || offset + length > bytes.length ? undefined : bytes.slice(offset, offset + length),
    write: (offset, from) => {
      if (faults.hit("copy") || offset + from.length > bytes.length) return false;
      bytes.set(from, offset);
      return true;
    },
  };
}
