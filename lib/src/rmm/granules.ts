// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn, paToPfn } from "../base/address.ts";
import { FRAME, touches } from "../base/footprint.ts";
import type { Trace } from "../base/trace.ts";
import { GranuleMap, NOT_A_GRANULE } from "../hw/granule-map.ts";
import type { PhysicalMemory } from "../hw/physical-memory.ts";

/**
 * What the RMM uses a granule for. Not to be mixed up with the physical address space that EL3 keeps for it:
 * the space is Realm for every state but NS.
 *
 * @spec RMM 1.0, RmmGranuleState; the PDEV and VDEV states are RMM 1.1
 */
export const GRANULE = {
  NS: 0,
  DELEGATED: 1,
  RD: 2,
  REC: 3,
  REC_AUX: 4,
  DATA: 5,
  RTT: 6,
  PDEV: 7,
  PDEV_AUX: 8,
  VDEV: 9,
  VDEV_AUX: 10,
} as const;
/** One of the uses of a granule. */
export type GranuleState = (typeof GRANULE)[keyof typeof GRANULE];

const NAMES = Object.keys(GRANULE) as (keyof typeof GRANULE)[];

/** Name of a granule state as the RMM spells it. */
export function granuleStateName(state: GranuleState): keyof typeof GRANULE {
  return NAMES[state] as keyof typeof GRANULE;
}

const COUNT_BITS = 10;
const COUNT_MASK = (1 << COUNT_BITS) - 1;

/**
 * The RMM's own table of granules: for each its state and a reference count of 10 bits. The count is the number
 * of live RECs for an RD, 1 for a REC that runs, the number of entries that are tables or assigned memory for
 * an RTT, and 0 for the rest.
 */
export class GranuleTable {
  readonly #trace: Trace;
  readonly #entries: GranuleMap;

  constructor(memory: PhysicalMemory, trace: Trace) {
    this.#entries = new GranuleMap(memory);
    this.#trace = trace;
  }

  /** State of the granule that starts at `pa` (bytes), or -1 if there is none. Takes any number. */
  stateAt(pa: number): GranuleState | typeof NOT_A_GRANULE {
    const index = this.#entries.indexOf(pa);
    if (index === NOT_A_GRANULE) return NOT_A_GRANULE;
    if (touches.on) touches.read(FRAME, paToPfn(pa));
    return (this.#entries.get(index) >> COUNT_BITS) as GranuleState;
  }

  /** State of a granule of DRAM. */
  stateOf(pfn: Pfn): GranuleState {
    if (touches.on) touches.read(FRAME, pfn);
    return (this.#entries.get(this.#entries.indexOfPfn(pfn)) >> COUNT_BITS) as GranuleState;
  }

  /** Gives a granule a new use; its reference count starts at 0. */
  setState(pfn: Pfn, state: GranuleState): void {
    if (touches.on) touches.write(FRAME, pfn);
    if (this.#trace.on) this.#tell(pfn, state);
    this.#entries.set(this.#entries.indexOfPfn(pfn), state << COUNT_BITS);
  }

  /** Reference count of a granule of DRAM. */
  countOf(pfn: Pfn): number {
    if (touches.on) touches.read(FRAME, pfn);
    return this.#entries.get(this.#entries.indexOfPfn(pfn)) & COUNT_MASK;
  }

  /** Adds `change`, which may be negative, to the reference count of a granule. */
  addToCount(pfn: Pfn, change: number): void {
    if (touches.on) touches.write(FRAME, pfn);
    this.#entries.add(this.#entries.indexOfPfn(pfn), change);
  }

  /** Calls `visit` for every granule that is not NS, in ascending order. */
  forEachInUse(visit: (pfn: Pfn, state: GranuleState, count: number) => void): void {
    this.#entries.forEachNonZero((pfn, entry) => {
      visit(pfn as Pfn, (entry >> COUNT_BITS) as GranuleState, entry & COUNT_MASK);
    });
  }

  #tell(pfn: Pfn, state: GranuleState): void {
    this.#trace.emit({
      kind: "state",
      name: "granule",
      detail: {
        pa: BigInt(pfn) * BigInt(PAGE_SIZE),
        from: granuleStateName(this.stateOf(pfn)),
        to: granuleStateName(state),
      },
    });
  }
}
