// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn } from "../base/address.ts";
import { type SharedKind, sharedKind, touches } from "../base/footprint.ts";
import { descriptorPfn, entryBytes, LAST_LEVEL } from "./stage2.ts";

/** A cached translation: a page or block descriptor, and the level that it was found at. */
export interface TlbEntry {
  readonly level: number;
  /** Bits 31:0 of the descriptor. */
  readonly low: number;
  /** Bits 63:32 of the descriptor. */
  readonly high: number;
}

const VMID_STRIDE = 2 ** 36;

const TLB: SharedKind = sharedKind("translation cache");

/**
 * Cached stage 2 translations, by VMID. Nothing is ever evicted to make room: an entry stays, however stale, until
 * it is invalidated, which is the worst that the architecture allows and shows a missing invalidation at once.
 * Descriptors that are not valid are never cached.
 */
export class Tlb {
  // One map per level, made on first use: most machines never run a guest.
  #levels: Map<number, TlbEntry>[] | undefined;

  /** The cached translation of `ipa` (bytes) for a VMID. */
  find(vmid: number, ipa: number): TlbEntry | undefined {
    if (touches.on) touches.read(TLB);
    if (this.#levels === undefined) return undefined;
    for (let level = LAST_LEVEL; level >= 0; level--) {
      const entry = this.#levels[level]?.get(key(vmid, ipa, level));
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /** Caches a translation that a walk found. */
  insert(vmid: number, ipa: number, entry: TlbEntry): void {
    if (touches.on) touches.write(TLB);
    this.#levels ??= Array.from({ length: LAST_LEVEL + 1 }, () => new Map());
    this.#levels[entry.level]?.set(key(vmid, ipa, entry.level), entry);
  }

  /** Drops every entry that translates one of `pages` pages from `ipa` on, blocks that contain them included. */
  invalidate(vmid: number, ipa: number, pages: number): void {
    if (touches.on) touches.write(TLB);
    if (this.#levels === undefined) return;
    const end = ipa + pages * PAGE_SIZE;
    for (let level = 0; level <= LAST_LEVEL; level++) {
      const map = this.#levels[level];
      if (map === undefined || map.size === 0) continue;
      for (let at = ipa; at < end; at += entryBytes(level)) map.delete(key(vmid, at, level));
      map.delete(key(vmid, end - PAGE_SIZE, level));
    }
  }

  /** Drops every entry of a VMID. */
  invalidateAll(vmid: number): void {
    if (touches.on) touches.write(TLB);
    for (const map of this.#levels ?? []) {
      for (const at of map.keys()) if (Math.floor(at / VMID_STRIDE) === vmid) map.delete(at);
    }
  }

  /** First frame of each cached translation, in no special order. */
  frames(): Pfn[] {
    return (this.#levels ?? []).flatMap((map) =>
      [...map.values()].map(({ low, high }) => descriptorPfn(low, high) as Pfn),
    );
  }

  /** Number of cached translations. */
  get size(): number {
    if (touches.on) touches.read(TLB);
    return (this.#levels ?? []).reduce((sum, map) => sum + map.size, 0);
  }
}

function key(vmid: number, ipa: number, level: number): number {
  return vmid * VMID_STRIDE + Math.floor(ipa / entryBytes(level));
}
