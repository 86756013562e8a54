// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn, paToPfn } from "../base/address.ts";
import type { GranuleProtectionTable, Pas } from "./granule-protection.ts";
import type { PhysicalMemory } from "./physical-memory.ts";

/**
 * Why an access to physical memory did not happen: the granule belongs to another physical address space. Where
 * there is no memory, the protection table allows no space at all, so that is the same fault.
 */
export type BusFault = "granule protection fault";

/**
 * The way to memory for every requester: each access names the physical address space it is made in, and the
 * granule protection table decides. A refused access transfers nothing.
 */
export class MemoryBus {
  readonly memory: PhysicalMemory;
  readonly #gpt: GranuleProtectionTable;

  constructor(memory: PhysicalMemory, gpt: GranuleProtectionTable) {
    this.memory = memory;
    this.#gpt = gpt;
  }

  /** Tests an access to one granule without making it. */
  check(pas: Pas, pfn: Pfn): BusFault | undefined {
    const allowed = this.memory.contains(pfn) && this.#gpt.pasOf(pfn) === pas;
    return allowed ? undefined : "granule protection fault";
  }

  /** Reads `into.length` bytes from `pa`. On a fault in any granule nothing is transferred. */
  read(pas: Pas, pa: number, into: Uint8Array): BusFault | undefined {
    return this.#transfer(pas, pa, into.length, (pfn, offset, done, count) => {
      const words = this.memory.peek(pfn);
      if (words === undefined) into.fill(0, done, done + count);
      else into.set(new Uint8Array(words.buffer, offset, count), done);
    });
  }

  /** Writes `from` at `pa`. On a fault in any granule nothing is transferred. */
  write(pas: Pas, pa: number, from: Uint8Array): BusFault | undefined {
    return this.#transfer(pas, pa, from.length, (pfn, offset, done, count) => {
      this.memory.bytes(pfn).set(from.subarray(done, done + count), offset);
    });
  }

  #transfer(
    pas: Pas,
    pa: number,
    length: number,
    move: (pfn: Pfn, offset: number, done: number, count: number) => void,
  ): BusFault | undefined {
    for (let at = pa - (pa % PAGE_SIZE); at < pa + length; at += PAGE_SIZE) {
      const fault = this.check(pas, paToPfn(at));
      if (fault !== undefined) return fault;
    }
    for (let done = 0; done < length; ) {
      const offset = (pa + done) % PAGE_SIZE;
      const count = Math.min(PAGE_SIZE - offset, length - done);
      move(paToPfn(pa + done), offset, done, count);
      done += count;
    }
    return undefined;
  }
}
