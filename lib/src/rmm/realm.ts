// SPDX-License-Identifier: MIT
import { type Pa, type Pfn, pfnToPa } from "../base/address.ts";

/** Life of a realm: NEW while it is built, ACTIVE while it may run, SYSTEM_OFF when it turned itself off. */
export const REALM = { NEW: 0, ACTIVE: 1, SYSTEM_OFF: 2 } as const;
/** One of the states of a realm. */
export type RealmState = (typeof REALM)[keyof typeof REALM];

const NAMES = Object.keys(REALM) as (keyof typeof REALM)[];

/** Name of a realm state as the RMM spells it. */
export function realmStateName(state: RealmState): keyof typeof REALM {
  return NAMES[state] as keyof typeof REALM;
}

/** Where a stage 2 translation starts. */
export interface TranslationRoot {
  /** First of the root tables, which are consecutive granules. */
  readonly rootPfn: Pfn;
  /** Level of the root tables: 0, 1 or 2. */
  readonly startLevel: number;
  /** Number of root tables: 1, 2, 4, 8 or 16. */
  readonly rootCount: number;
}

/**
 * Contents of a Realm Descriptor. The real RMM keeps them in the bytes of the RD granule, where nobody but itself
 * can look; the model keeps them as an object found by the granule.
 */
export class Realm implements TranslationRoot {
  readonly rdPfn: Pfn;
  /** Physical address of the RD, in bytes. */
  readonly rd: Pa;
  readonly rootPfn: Pfn;
  readonly startLevel: number;
  readonly rootCount: number;
  /** Width of the realm's address space; the upper half of it is shared with the host. */
  readonly ipaBits: number;
  /** First byte past the address space: 2 to the power of `ipaBits`. */
  readonly ipaEnd: number;
  /** First byte past the protected half. */
  readonly protectedEnd: number;
  readonly vmid: number;
  readonly hashAlgorithm: number;
  /** True when the realm may own devices (flag DA of RMM 1.1). */
  readonly deviceAssignment: boolean;
  state: RealmState = REALM.NEW;
  /** RECs ever created: the index that the next one must carry. An index is never used again. */
  recsCreated = 0;
  /** Devices bound to the realm. */
  vdevs = 0;

  constructor(rdPfn: Pfn, parameters: RealmParameters) {
    this.rdPfn = rdPfn;
    this.rd = pfnToPa(rdPfn);
    this.rootPfn = parameters.rttBasePfn;
    this.startLevel = parameters.rttLevelStart;
    this.rootCount = parameters.rttNumStart;
    this.ipaBits = parameters.s2sz;
    this.ipaEnd = 2 ** parameters.s2sz;
    this.protectedEnd = 2 ** (parameters.s2sz - 1);
    this.vmid = parameters.vmid;
    this.hashAlgorithm = parameters.hashAlgorithm;
    this.deviceAssignment = parameters.deviceAssignment;
  }
}

/** Parameters of a realm after they were checked. */
export interface RealmParameters {
  readonly rttBasePfn: Pfn;
  readonly rttLevelStart: number;
  readonly rttNumStart: number;
  readonly s2sz: number;
  readonly vmid: number;
  readonly hashAlgorithm: number;
  readonly deviceAssignment: boolean;
}

/** Stands in a call for the realm that no condition has looked up yet. */
export const NO_REALM: Realm = new Realm(-1 as Pfn, {
  rttBasePfn: 0 as Pfn,
  rttLevelStart: 0,
  rttNumStart: 1,
  s2sz: 0,
  vmid: 0,
  hashAlgorithm: 0,
  deviceAssignment: false,
});
