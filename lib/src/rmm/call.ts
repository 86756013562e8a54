// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn, paToPfn } from "../base/address.ts";
import { PAS } from "../hw/granule-protection.ts";
import type { Machine } from "../hw/machine.ts";
import { type CommunicationEntry, NO_COMMUNICATION } from "./device-communication.ts";
import {
  NO_PDEV,
  NO_PDEV_PARAMS,
  NO_PUBLIC_KEY,
  NO_VDEV,
  NO_VDEV_PARAMS,
  type Pdev,
  type RawPdevParams,
  type RawPublicKey,
  type RawVdevParams,
  type Vdev,
} from "./devices.ts";
import { GRANULE, GranuleTable } from "./granules.ts";
import { RmiOutputs } from "./outputs.ts";
import { NO_REALM, type Realm } from "./realm.ts";
import { NO_REALM_PARAMS, type RawRealmParams } from "./realm-params.ts";
import { NO_REC, type Rec } from "./rec.ts";
import { NO_REC_PARAMS, type RawRecParams } from "./rec-params.ts";
import { encodeRecExit, NO_REC_ENTRY, REC_EXIT_OFFSET, type RecEntry, type RecExit } from "./rec-run.ts";
import { RttWalk } from "./rtt-walk.ts";

/** How an RMM is built; the defaults are those of the machine that the vectors were recorded on. */
export interface RmmConfig {
  /** Implements device assignment of RMM 1.1 (PDEV and VDEV commands). */
  readonly deviceAssignment?: boolean;
}

/** A command that a condition refused. */
export interface RefusedCommand {
  readonly command: { readonly name: string; readonly args: readonly string[] };
  readonly condition: { readonly id: string; readonly text: string; readonly evidence: string };
  /** Registers x1 on, as many as the command has arguments. */
  readonly args: readonly number[];
  readonly x0: number;
}

/**
 * What the RMM knows, together with the command that it works on: its arguments, and what the conditions that were
 * already tested have found. One object serves all calls, so that a call allocates nothing.
 */
export class RmiCall {
  readonly machine: Machine;
  readonly deviceAssignment: boolean;
  readonly granules: GranuleTable;
  /** Realms by the frame of their RD. */
  readonly realms: Map<number, Realm> = new Map();
  /** RECs by their frame. */
  readonly recs: Map<number, Rec> = new Map();
  /** VMIDs that realms use. */
  readonly vmids: Set<number> = new Set();

  /** Devices by the frame of their PDEV. */
  readonly pdevs: Map<number, Pdev> = new Map();
  /** Bound interfaces by the frame of their VDEV. */
  readonly vdevs: Map<number, Vdev> = new Map();
  /** Bindings ever made, which numbers them. */
  vdevInstances = 0;

  /** Arguments of the command, registers x1 to x6. */
  x1 = 0;
  x2 = 0;
  x3 = 0;
  x4 = 0;
  x5 = 0;
  x6 = 0;
  /** The condition that refused the last command, if one did. */
  refusedBy: { readonly id: string } | undefined;
  /** The last command that a condition refused, and how many there have been. */
  lastRefusal: RefusedCommand | undefined;
  refusals = 0;
  /** Results of the command, registers x1 to x4. */
  readonly out: RmiOutputs = new RmiOutputs();

  /** The realm that the command works on. */
  realm: Realm = NO_REALM;
  /** The REC that the command works on. */
  rec: Rec = NO_REC;
  /** Parameters of the REC to be created, as they were read from the host's page. */
  recParams: RawRecParams = NO_REC_PARAMS;
  /** The device, and the interface, that the command works on. */
  pdev: Pdev = NO_PDEV;
  vdev: Vdev = NO_VDEV;
  /** Parameters of the commands on devices, as they were read from the host's page. */
  pdevParams: RawPdevParams = NO_PDEV_PARAMS;
  vdevParams: RawVdevParams = NO_VDEV_PARAMS;
  publicKey: RawPublicKey = NO_PUBLIC_KEY;
  communication: CommunicationEntry = NO_COMMUNICATION;
  /** What the host says on entry to a REC, as it was read from the run page. */
  recEntry: RecEntry = NO_REC_ENTRY;
  /** Parameters of the realm to be created, as they were read from the host's page. */
  realmParams: RawRealmParams = NO_REALM_PARAMS;
  readonly walk: RttWalk;

  constructor(machine: Machine, config: RmmConfig) {
    this.machine = machine;
    this.deviceAssignment = config.deviceAssignment ?? false;
    this.granules = new GranuleTable(machine.memory, machine.trace);
    this.walk = new RttWalk(machine.memory);
  }

  /** Finds the realm whose RD is at `pa`. False if there is none. */
  findRealm(pa: number): boolean {
    if (this.granules.stateAt(pa) !== GRANULE.RD) return false;
    // Most calls in a row concern the same realm.
    if (this.realm.rd !== pa) this.realm = this.realms.get(paToPfn(pa)) as Realm;
    return true;
  }

  /** Finds the REC at `pa`. False if there is none. */
  findRec(pa: number): boolean {
    if (this.granules.stateAt(pa) !== GRANULE.REC) return false;
    this.rec = this.recs.get(paToPfn(pa)) as Rec;
    return true;
  }

  /** Finds the PDEV at `pa`. False if there is none. */
  findPdev(pa: number): boolean {
    if (this.granules.stateAt(pa) !== GRANULE.PDEV) return false;
    this.pdev = this.pdevs.get(paToPfn(pa)) as Pdev;
    return true;
  }

  /** Finds the VDEV at `pa`. False if there is none. */
  findVdev(pa: number): boolean {
    if (this.granules.stateAt(pa) !== GRANULE.VDEV) return false;
    this.vdev = this.vdevs.get(paToPfn(pa)) as Vdev;
    return true;
  }

  /** Whether the RMM can read a page of the host, which it sees through the Non-secure space. */
  hostReads(pa: number): boolean {
    return this.machine.bus.check(PAS.NonSecure, paToPfn(pa)) === undefined;
  }

  /** The bytes of a page of the host, or nothing when the access faults. */
  readHostPage(pa: number): Uint8Array | undefined {
    const page = new Uint8Array(PAGE_SIZE);
    return this.machine.bus.read(PAS.NonSecure, pa, page) === undefined ? page : undefined;
  }

  /** Writes what a REC leaves into the second half of the host's run page. False when the access faults. */
  writeRecExit(pa: number, exit: RecExit): boolean {
    return this.machine.bus.write(PAS.NonSecure, pa + REC_EXIT_OFFSET, encodeRecExit(exit)) === undefined;
  }

  /** Fills a granule with zeros, as the RMM does whenever it could hold what somebody else wrote. */
  zero(pfn: Pfn): void {
    const { memory, trace } = this.machine;
    memory.zero(pfn);
    if (trace.on)
      trace.emit({ kind: "state", name: "zero", detail: { pa: BigInt(pfn) * BigInt(PAGE_SIZE) } });
  }

  /** Takes a granule out of its use: it becomes DELEGATED, ready for another. */
  release(pa: number): void {
    this.granules.setState(paToPfn(pa), GRANULE.DELEGATED);
  }

  /** Drops cached translations of the realm, from `ipa` on: those of processors, and those for its devices. */
  invalidate(ipa: number, pages: number): void {
    const { tlb, smmu, trace } = this.machine;
    tlb.invalidate(this.realm.vmid, ipa, pages);
    if (this.realm.deviceAssignment) smmu.tlb.invalidate(this.realm.vmid, ipa, pages);
    if (trace.on)
      trace.emit({ kind: "state", name: "tlbi", detail: { vmid: this.realm.vmid, ipa: BigInt(ipa), pages } });
  }
}
