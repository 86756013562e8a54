// SPDX-License-Identifier: MIT
import { type Pa, type Pfn, pfnToPa } from "../base/address.ts";
import type { GuestAction, GuestResult, RealmProgram } from "../hw/processor.ts";
import { NO_REALM, type Realm } from "./realm.ts";
import type { Ripas } from "./rtt-entry.ts";

/** A change of RIPAS that the realm asked for and the host has not finished. Addresses are in bytes. */
export interface RipasRequest {
  /** How far the host has come: where the next RTT_SET_RIPAS must start. */
  reached: number;
  /** End of the range, exclusive. */
  readonly top: number;
  readonly ripas: Ripas;
  /** The realm agrees to lose what DESTROYED addresses held. */
  readonly changeDestroyed: boolean;
}

/** Where the realm's last access left it, if that was the reason of the last exit. */
export interface DataAbort {
  readonly action: GuestAction;
  /** The address is one of the host's half: the host may complete the access, or have it fail. */
  readonly shared: boolean;
}

/**
 * Contents of a REC, a virtual processor of a realm. As with the RD, the real one keeps them in bytes that nobody
 * else can see. Registers and the interrupt controller are not modelled: the program keeps its own state.
 */
export class Rec {
  readonly pfn: Pfn;
  readonly realm: Realm;
  readonly runnable: boolean;
  readonly aux: readonly Pfn[];
  ripasRequest: RipasRequest | undefined;
  dataAbort: DataAbort | undefined;
  /** Address (bytes) of the structure of a host call that is answered at the next entry. */
  hostCallIpa: number | undefined;
  /** The program that ran last: an access of it that aborted is made again, unless another took its place. */
  program: RealmProgram | undefined;
  /** What the program is told when it is asked for its next action. */
  result: GuestResult = NO_RESULT;

  constructor(pfn: Pfn, realm: Realm, runnable: boolean, aux: readonly Pfn[]) {
    this.pfn = pfn;
    this.realm = realm;
    this.runnable = runnable;
    this.aux = aux;
  }

  /** Answers a call of the realm. */
  answer(x0: number, x1 = 0, x2 = 0): undefined {
    this.result = { kind: "returned", x0, x1, x2 };
  }

  /** Physical address of the REC, in bytes. */
  get pa(): Pa {
    return pfnToPa(this.pfn);
  }
}

/** The result before the first action. */
export const NO_RESULT: GuestResult = { kind: "none" };

/** Stands in a call for the REC that no condition has looked up yet. */
export const NO_REC: Rec = new Rec(0 as Pfn, NO_REALM, false, []);
