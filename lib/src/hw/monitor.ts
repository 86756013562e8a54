// SPDX-License-Identifier: MIT
import type { Pfn } from "../base/address.ts";
import { type GranuleProtectionTable, PAS } from "./granule-protection.ts";

/**
 * The part of the EL3 monitor that the RMM talks to: it owns the granule protection table and moves a granule
 * between the Non-secure and the Realm space on request.
 *
 * @spec RMM-EL3 interface, RMM_GTSI_DELEGATE and RMM_GTSI_UNDELEGATE
 */
export class Monitor {
  readonly #gpt: GranuleProtectionTable;

  constructor(gpt: GranuleProtectionTable) {
    this.#gpt = gpt;
  }

  /** Non-secure to Realm. False, and nothing done, for a granule in any other space. */
  delegate(pfn: Pfn): boolean {
    return this.#gpt.move(pfn, PAS.NonSecure, PAS.Realm);
  }

  /** Realm to Non-secure. False, and nothing done, for a granule in any other space. */
  undelegate(pfn: Pfn): boolean {
    return this.#gpt.move(pfn, PAS.Realm, PAS.NonSecure);
  }
}
