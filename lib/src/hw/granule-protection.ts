// SPDX-License-Identifier: MIT
import type { Pfn } from "../base/address.ts";
import { FRAME, touches } from "../base/footprint.ts";
import { GranuleMap } from "./granule-map.ts";
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
  readonly #pas: GranuleMap;

  constructor(memory: PhysicalMemory) {
    this.#pas = new GranuleMap(memory);
  }

  /** The space that a granule of DRAM belongs to; all are Non-secure at reset. */
  pasOf(pfn: Pfn): Pas {
    if (touches.on) touches.read(FRAME, pfn);
    return this.#pas.get(this.#pas.indexOfPfn(pfn)) as Pas;
  }

  /** Moves a granule from one space to another; false, and nothing done, if it is in a third. */
  move(pfn: Pfn, from: Pas, to: Pas): boolean {
    if (touches.on) touches.write(FRAME, pfn);
    return this.#pas.exchange(this.#pas.indexOfPfn(pfn), from, to);
  }

  /** Puts a granule into a space, as EL3 does when it sets the machine up. */
  assign(pfn: Pfn, pas: Pas): void {
    if (touches.on) touches.write(FRAME, pfn);
    this.#pas.set(this.#pas.indexOfPfn(pfn), pas);
  }

  /** Calls `visit` for every granule that is not Non-secure, in ascending order. */
  forEachAssigned(visit: (pfn: Pfn, pas: Pas) => void): void {
    this.#pas.forEachNonZero((pfn, pas) => visit(pfn as Pfn, pas as Pas));
  }
}
