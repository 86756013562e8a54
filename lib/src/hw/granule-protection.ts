// SPDX-License-Identifier: MIT
import type { Pfn } from "../base/address.ts";
import { SparseTable } from "../base/sparse.ts";
import type { PhysicalMemory } from "./physical-memory.ts";

/** The four physical address spaces of the Realm Management Extension. */
export const PAS = { NonSecure: 0, Secure: 1, Realm: 2, Root: 3 } as const;
/** One of the four physical address spaces. */
export type Pas = (typeof PAS)[keyof typeof PAS];

const NAMES = ["Non-secure", "Secure", "Realm", "Root"] as const;

/** Name of a physical address space as the architecture spells it. */
export function pasName(pas: Pas): string {
  return NAMES[pas];
}

/**
 * The granule protection table: for every granule of DRAM the one physical address space it belongs to. EL3 owns
 * it; the hardware consults it on every access, whoever makes it.
 *
 * @spec Arm ARM, chapter D9 (granule protection check)
 */
export class GranuleProtectionTable {
  readonly #memory: PhysicalMemory;
  readonly #pas = new SparseTable(8);

  constructor(memory: PhysicalMemory) {
    this.#memory = memory;
  }

  /** The space that a granule of DRAM belongs to; all are Non-secure at reset. */
  pasOf(pfn: Pfn): Pas {
    return this.#pas.get(pfn - this.#memory.basePfn) as Pas;
  }

  /** What EL3 does when the RMM asks it to move a granule. Only the monitor calls this. */
  assign(pfn: Pfn, pas: Pas): void {
    this.#pas.set(pfn - this.#memory.basePfn, pas);
  }
}
