// SPDX-License-Identifier: MIT
import type { Pfn } from "../base/address.ts";
import { FRAME, touches } from "../base/footprint.ts";

/** To which guest a frame belongs, and at which of its addresses. */
export interface FrameOwner {
  readonly vmid: number;
  /** Guest physical address in bytes. */
  readonly ipa: number;
}

/**
 * A table with one entry for each frame: whose it is, and at which address. The hardware consults it after the
 * translation, so the host may write any translation it likes: a wrong one ends in a fault.
 *
 * It stands for the reverse map table (RMP) of another architecture. Simplified: who may change an entry, sizes of
 * pages, and validation by the guest are left out.
 */
export class OwnershipTable {
  readonly #owners = new Map<Pfn, FrameOwner>();

  /** Gives a frame to a guest. */
  assign(pfn: Pfn, owner: FrameOwner): void {
    if (touches.on) touches.write(FRAME, pfn);
    this.#owners.set(pfn, owner);
  }

  /** Gives a frame back to the host. */
  release(pfn: Pfn): void {
    if (touches.on) touches.write(FRAME, pfn);
    this.#owners.delete(pfn);
  }

  /** The guest that a frame belongs to; none for a frame of the host. */
  ownerOf(pfn: Pfn): FrameOwner | undefined {
    if (touches.on) touches.read(FRAME, pfn);
    return this.#owners.get(pfn);
  }

  /** Whether a DMA may happen: a trusted one to a frame of that guest at that address, another to one of the host. */
  allows(pfn: Pfn, access: FrameOwner | undefined): boolean {
    const owner = this.ownerOf(pfn);
    if (access === undefined) return owner === undefined;
    return owner !== undefined && owner.vmid === access.vmid && owner.ipa === access.ipa;
  }
}
