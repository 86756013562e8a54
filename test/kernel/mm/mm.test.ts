// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Pfn } from "../../../lib/src/base/address.ts";
import { EIO, ENOMEM } from "../../../lib/src/base/errno.ts";
import { runStraight, type SchedulingPoint } from "../../../lib/src/base/task.ts";
import { boot } from "../../../lib/src/boot.ts";
import { PAS } from "../../../lib/src/hw/granule-protection.ts";
import { Mutex, RwLock } from "../../../lib/src/kernel/mm/locks.ts";
import {
  KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE,
  kvm_mmu_free_memory_cache,
  kvm_mmu_memory_cache_alloc,
  kvm_mmu_topup_memory_cache,
  newMemoryCache,
} from "../../../lib/src/kernel/mm/memory-cache.ts";
import { NO_PAGE } from "../../../lib/src/kernel/mm/pages.ts";
import { Srcu } from "../../../lib/src/kernel/mm/srcu.ts";
import { bytesPointer, TASK_SIZE, UserMemory } from "../../../lib/src/kernel/mm/user-memory.ts";
import { PAGE } from "../../support/vm.ts";

const small = () => boot({ memory: 64 * PAGE, devices: 0 }).kernel;

describe("the page allocator", () => {
  it("frees a page exactly when its last reference goes", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 30 }), (steps) => {
        const { pages } = small();
        const page = pages.alloc_page();
        let references = 1;
        for (const take of steps) {
          if (references === 0) break;
          if (take) pages.get_page(page);
          else pages.put_page(page);
          references += take ? 1 : -1;
          expect([pages.page_count(page), pages.allocated]).toEqual([references, references > 0 ? 1 : 0]);
        }
      }),
    );
  });

  it("hands out each page once, and NO_PAGE when none is left", () => {
    const { pages } = small();
    const all = Array.from({ length: 64 }, () => pages.alloc_page());
    expect(new Set(all).size).toBe(64);
    expect(pages.alloc_page()).toBe(NO_PAGE);
    pages.put_page(all[5] as Pfn);
    expect(pages.alloc_page()).toBe(all[5]);
  });

  it("warns when a free page is put", () => {
    const { pages, log } = small();
    const page = pages.alloc_page();
    pages.put_page(page);
    pages.put_page(page);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]?.text).toContain("which is already free");
  });

  it("aligns consecutive pages to their number and keeps the ones it skips for later", () => {
    const { pages, machine } = small();
    const first = pages.alloc_page();
    const block = pages.alloc_contiguous(8);
    expect(block % 8).toBe(0);
    const rest = Array.from({ length: machine.memory.pages - 9 }, () => pages.alloc_page());
    expect(new Set([first, ...rest, ...Array.from({ length: 8 }, (_, n) => block + n)]).size).toBe(64);
    expect(pages.alloc_contiguous(2)).toBe(NO_PAGE);
  });

  it("does not clear a page that is in the Realm space, and warns", () => {
    const { pages, machine, log } = small();
    const page = pages.alloc_page();
    machine.memory.bytes(page)[0] = 1;
    machine.gpt.assign(page, PAS.Realm);
    pages.clear_page(page);
    expect(machine.memory.bytes(page)[0]).toBe(1);
    expect(log.lines[0]?.text).toContain("granule protection fault");
  });

  it("answers NO_PAGE to the allocation that is made to fail, and only to that one", () => {
    const { pages, faults } = small();
    faults.arm("alloc", 2);
    expect(
      [pages.alloc_page(), pages.alloc_page(), pages.alloc_page()].map((pfn) => pfn === NO_PAGE),
    ).toEqual([false, true, false]);
    expect(faults.fired).toBe(true);
  });
});

describe("a memory cache", () => {
  it("is filled to 40 when fewer than the minimum are left, and not before", () => {
    const { pages, log } = small();
    const cache = newMemoryCache();
    expect(kvm_mmu_topup_memory_cache(pages, cache, 2)).toBe(0);
    expect(cache.objects).toHaveLength(KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE);
    for (let n = 0; n < 38; n++) kvm_mmu_memory_cache_alloc(pages, cache, log);
    kvm_mmu_topup_memory_cache(pages, cache, 2);
    expect(cache.objects).toHaveLength(2);
    kvm_mmu_memory_cache_alloc(pages, cache, log);
    // 39 of the 64 pages are in use, so not all of the 40 can be had; that is enough as long as 2 are there.
    expect(kvm_mmu_topup_memory_cache(pages, cache, 2)).toBe(0);
    expect(cache.objects).toHaveLength(25);
  });

  it("answers -ENOMEM below the minimum and keeps what it has got", () => {
    const { pages } = small();
    for (let n = 0; n < 63; n++) pages.alloc_page();
    const cache = newMemoryCache();
    expect(kvm_mmu_topup_memory_cache(pages, cache, 2)).toBe(-ENOMEM);
    expect(cache.objects).toHaveLength(1);
    kvm_mmu_free_memory_cache(pages, cache);
    expect([cache.objects.length, cache.capacity, pages.allocated]).toEqual([0, 0, 63]);
  });

  it("answers -EIO when it was made for another number of pages", () => {
    const { pages } = small();
    expect(kvm_mmu_topup_memory_cache(pages, { ...newMemoryCache(), capacity: 7 }, 2)).toBe(-EIO);
  });

  it("warns when it is empty, and allocates on the spot", () => {
    const { pages, log } = small();
    expect(kvm_mmu_memory_cache_alloc(pages, newMemoryCache(), log)).not.toBe(NO_PAGE);
    expect(log.lines).toHaveLength(1);
  });
});

describe("locks", () => {
  it("let one holder in, and the next one when it leaves", () => {
    const mutex = new Mutex(small(), "m");
    runStraight(mutex.lock());
    const second = mutex.lock();
    const wait = second.next().value as SchedulingPoint;
    expect(wait).toMatchObject({ kind: "lock", object: "m" });
    expect(wait.until?.()).toBe(false);
    mutex.unlock();
    expect(wait.until?.()).toBe(true);
    expect([second.next().done, mutex.held]).toEqual([true, true]);
  });

  it("let readers in together, and a writer when all have left", () => {
    const lock = new RwLock(small(), "rw");
    runStraight(lock.readLock());
    runStraight(lock.readLock());
    const writer = lock.writeLock();
    const wait = writer.next().value as SchedulingPoint;
    lock.readUnlock();
    expect(wait.until?.()).toBe(false);
    lock.readUnlock();
    expect(wait.until?.()).toBe(true);
    expect([writer.next().done, lock.writer]).toEqual([true, true]);
    expect(lock.readLock().next().done).toBe(false);
  });
});

describe("SRCU", () => {
  it("makes a writer wait for the readers that were inside, not for those that come later", () => {
    const srcu = new Srcu(small(), "srcu");
    const early = srcu.srcu_read_lock();
    const writer = srcu.synchronize_srcu_expedited();
    expect(writer.next().done).toBe(false);
    const late = srcu.srcu_read_lock();
    srcu.srcu_read_unlock(early);
    expect(writer.next().done).toBe(true);
    expect(srcu.readers).toBe(1);
    srcu.srcu_read_unlock(late);
    expect(srcu.readers).toBe(0);
  });
});

describe("user memory", () => {
  const space = () => {
    const kernel = small();
    return { kernel, mm: new UserMemory(kernel.machine.bus, kernel.pages, kernel.faults) };
  };
  const rw = { readable: true, writable: true };

  it("gives back what was written, over page borders", () => {
    const { mm } = space();
    mm.addAnonymous(PAGE, 3 * PAGE, rw);
    const bytes = Uint8Array.from({ length: 2 * PAGE }, (_, n) => n % 251);
    expect(mm.copy_to_user(PAGE + 100, bytes)).toBe(true);
    expect(mm.copy_from_user(PAGE + 100, bytes.length)).toEqual(bytes);
  });

  it.each([
    ["nothing is mapped", 0, 8],
    ["the range runs past the mapping", 4 * PAGE - 4, 8],
    ["the address is negative", -8, 8],
    ["the address is beyond user space", TASK_SIZE - 4, 8],
  ])("faults where %s", (_, address, length) => {
    const { mm } = space();
    mm.addAnonymous(PAGE, 3 * PAGE, rw);
    expect(mm.copy_from_user(address, length)).toBeUndefined();
    expect(mm.copy_to_user(address, new Uint8Array(length))).toBe(false);
  });

  it("faults on a write where only reading is allowed", () => {
    const { mm } = space();
    mm.addAnonymous(PAGE, PAGE, { readable: true, writable: false });
    expect(mm.copy_from_user(PAGE, 8)).toEqual(new Uint8Array(8));
    expect(mm.copy_to_user(PAGE, new Uint8Array(8))).toBe(false);
  });

  it("faults on a page that went to the realm world", () => {
    const { mm, kernel } = space();
    mm.addAnonymous(PAGE, PAGE, rw);
    mm.copy_to_user(PAGE, Uint8Array.of(1));
    kernel.machine.gpt.assign(mm.get_user_page(PAGE, true), PAS.Realm);
    expect(mm.copy_from_user(PAGE, 1)).toBeUndefined();
  });

  it("takes the first gap that is large enough", () => {
    const { mm } = space();
    const first = mm.get_unmapped_area(PAGE);
    mm.addAnonymous(first, PAGE, rw);
    mm.addAnonymous(first + 3 * PAGE, PAGE, rw);
    mm.addAnonymous(TASK_SIZE - PAGE, PAGE, rw);
    expect(mm.get_unmapped_area(2 * PAGE)).toBe(first + PAGE);
    expect(mm.get_unmapped_area(3 * PAGE)).toBe(first + 4 * PAGE);
    expect(mm.get_unmapped_area(TASK_SIZE)).toBe(-ENOMEM);
  });

  it("gives its pages back when it is unmapped", () => {
    const { mm, kernel } = space();
    mm.addAnonymous(PAGE, 2 * PAGE, rw);
    mm.copy_to_user(PAGE, new Uint8Array(2 * PAGE));
    expect(kernel.pages.allocated).toBe(2);
    runStraight(mm.removeAll());
    expect(kernel.pages.allocated).toBe(0);
  });

  it("made of bytes ends where they end", () => {
    const pointer = bytesPointer(Uint8Array.of(1, 2, 3, 4), small().faults);
    expect(pointer.read(2, 2)).toEqual(Uint8Array.of(3, 4));
    expect(pointer.read(2, 3)).toBeUndefined();
    expect(pointer.write(3, Uint8Array.of(9, 9))).toBe(false);
  });
});
