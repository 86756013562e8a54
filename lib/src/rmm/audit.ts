// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE, type Pfn, pfnToPa } from "../base/address.ts";
import { PAS } from "../hw/granule-protection.ts";
import { descriptorPfn, entryBytes, TABLE_ENTRIES } from "../hw/stage2.ts";
import { GRANULE, type GranuleState, granuleStateName } from "./granules.ts";
import type { Realm } from "./realm.ts";
import type { Rmm } from "./rmm.ts";
import { HIPAS, hipasName, hipasOf } from "./rtt-entry.ts";

/**
 * Looks for contradictions between what the RMM keeps, its tables in memory and the granule protection table: every
 * granule in use must be in the Realm space and have exactly one owner, and every count must be right.
 *
 * @returns a sentence for each contradiction; none in a machine that is in order
 */
export function auditRmm(rmm: Rmm): string[] {
  const audit = new Audit(rmm);
  audit.protection();
  for (const realm of rmm.state.realms.values()) audit.realm(realm);
  audit.objects();
  audit.leftovers();
  return audit.findings;
}

class Audit {
  readonly findings: string[] = [];
  readonly #rmm: Rmm;
  /** Granules that something owns, and what they must be used for. */
  readonly #owned = new Map<number, GranuleState>();

  constructor(rmm: Rmm) {
    this.#rmm = rmm;
  }

  /** Every granule in use is in the Realm space, and every granule of the Realm space is in use. */
  protection(): void {
    const { granules, machine } = this.#rmm.state;
    granules.forEachInUse((pfn, state) => {
      const inRealmSpace = machine.gpt.pasOf(pfn) === PAS.Realm;
      if (!inRealmSpace) this.#find(pfn, `is ${granuleStateName(state)} but not in the Realm space`);
    });
    machine.gpt.forEachAssigned((pfn, pas) => {
      const lost = pas === PAS.Realm && granules.stateOf(pfn) === GRANULE.NS;
      if (lost) this.#find(pfn, "is in the Realm space, but the RMM does not know it");
    });
  }

  realm(realm: Realm): void {
    const { recs } = this.#rmm.state;
    const ofRealm = [...recs.values()].filter((rec) => rec.realm === realm).length;
    this.#own(realm.rdPfn, GRANULE.RD, ofRealm);
    for (let i = 0; i < realm.rootCount; i++) {
      const base = i * TABLE_ENTRIES * entryBytes(realm.startLevel);
      this.#table(realm, (realm.rootPfn + i) as Pfn, realm.startLevel, base);
    }
  }

  /** Objects other than realms, with their granules. */
  objects(): void {
    const { recs, pdevs, vdevs, granules } = this.#rmm.state;
    for (const rec of recs.values()) {
      // A REC counts 1 while it runs.
      this.#own(rec.pfn, GRANULE.REC, Math.min(1, granules.countOf(rec.pfn)));
      for (const aux of rec.aux) this.#own(aux, GRANULE.REC_AUX, 0);
    }
    for (const pdev of pdevs.values()) {
      this.#own(pdev.pfn, GRANULE.PDEV, 0);
      for (const aux of pdev.aux) this.#own(aux, GRANULE.PDEV_AUX, 0);
    }
    for (const vdev of vdevs.values()) this.#own(vdev.pfn, GRANULE.VDEV, 0);
  }

  /** Granules in use that nothing owns. */
  leftovers(): void {
    this.#rmm.state.granules.forEachInUse((pfn, state, count) => {
      if (state === GRANULE.DELEGATED) {
        if (count !== 0) this.#find(pfn, `is DELEGATED with a reference count of ${count}`);
      } else if (!this.#owned.has(pfn)) {
        this.#find(pfn, `is ${granuleStateName(state)}, but nothing owns it`);
      }
    });
  }

  #table(realm: Realm, pfn: Pfn, level: number, base: number): void {
    const words = this.#rmm.machine.memory.words(pfn);
    let references = 0;
    for (let i = 0; i < TABLE_ENTRIES; i++) {
      const ipa = base + i * entryBytes(level);
      references += this.#entry(realm, words[2 * i] as number, words[2 * i + 1] as number, level, ipa);
    }
    this.#own(pfn, GRANULE.RTT, references);
  }

  /** Checks one entry and what it refers to; answers the references that it holds. */
  #entry(realm: Realm, low: number, high: number, level: number, ipa: number): number {
    const hipas = hipasOf(low, high, level);
    const shared = hipas === HIPAS.UNASSIGNED_NS || hipas === HIPAS.ASSIGNED_NS;
    if (hipas !== HIPAS.TABLE && shared !== ipa >= realm.protectedEnd) {
      this.findings.push(`The entry of ${hex(ipa)} is ${hipasName(hipas)}, which belongs in the other half.`);
    }
    const target = descriptorPfn(low, high);
    if (hipas === HIPAS.TABLE) this.#table(realm, target as Pfn, level + 1, ipa);
    if (hipas === HIPAS.ASSIGNED) {
      const pages = entryBytes(level) / PAGE_SIZE;
      for (let i = 0; i < pages; i++) this.#own((target + i) as Pfn, GRANULE.DATA, 0);
    }
    return hipas === HIPAS.TABLE || hipas === HIPAS.ASSIGNED ? 1 : 0;
  }

  #own(pfn: Pfn, state: GranuleState, count: number): void {
    const { granules } = this.#rmm.state;
    if (this.#owned.has(pfn)) this.#find(pfn, `is owned twice, here as ${granuleStateName(state)}`);
    this.#owned.set(pfn, state);
    const actual = granules.stateOf(pfn);
    if (actual !== state)
      this.#find(pfn, `is ${granuleStateName(actual)} where ${granuleStateName(state)} is due`);
    const counted = granules.countOf(pfn);
    if (counted !== count) this.#find(pfn, `has a reference count of ${counted} where ${count} is due`);
  }

  #find(pfn: Pfn, what: string): void {
    this.findings.push(`The granule at ${hex(pfnToPa(pfn))} ${what}.`);
  }
}
