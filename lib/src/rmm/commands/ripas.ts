// SPDX-License-Identifier: MIT

import { PAGE_SIZE } from "../../base/address.ts";
import { entryBytes, isEntryAligned, LAST_LEVEL } from "../../hw/stage2.ts";
import type { RmiCall } from "../call.ts";
import type { Command, Condition } from "../command.ts";
import { isProtectedPage, rdState, walkLevel } from "../conditions.ts";
import { RMI_RTT_INIT_RIPAS, RMI_RTT_SET_RIPAS } from "../fid.ts";
import { REALM } from "../realm.ts";
import { assignedBits, HIPAS, hipasOf, RIPAS, type Ripas, ripasOf, unassignedLow } from "../rtt-entry.ts";
import { RMI_ERROR_INPUT, RMI_ERROR_REALM, RMI_ERROR_REC, RMI_ERROR_RTT, RMI_SUCCESS } from "../status.ts";

/** The range starts in the middle of an entry of the level that the walk gets to. */
export function baseInsideEntry(base: (call: RmiCall) => number): Condition {
  return {
    id: "base_align",
    text: "base is not aligned to what an entry of the level covers that the walk ends at; the index is that level",
    status: RMI_ERROR_RTT,
    index: walkLevel,
    evidence: "recorded",
    holds: (call) => {
      call.walk.to(call.realm, base(call), LAST_LEVEL);
      return !isEntryAligned(base(call), call.walk.level);
    },
  };
}

/** Whether `change` would get past the first entry of the range, which is where the walk ended. */
function noProgress(
  base: number,
  top: number,
  call: RmiCall,
  canChange: (call: RmiCall) => boolean,
): boolean {
  return base + entryBytes(call.walk.level) > top || !canChange(call);
}

function canBecomeRam({ walk }: RmiCall): boolean {
  return (
    hipasOf(walk.low, walk.high, walk.level) === HIPAS.UNASSIGNED && ripasOf(walk.low) !== RIPAS.DESTROYED
  );
}

/**
 * Declares a range of the protected half to be RAM while the realm is being built. Works on one table at a time,
 * and answers how far it came.
 *
 * @rmm RMI_RTT_INIT_RIPAS
 */
export const rttInitRipas: Command = {
  name: "RMI_RTT_INIT_RIPAS",
  fid: RMI_RTT_INIT_RIPAS,
  origin: "runtime/rmi/rtt.c smc_rtt_init_ripas",
  args: ["rd", "base", "top"],
  results: ["out_top"],
  conditions: [
    {
      id: "range",
      text: "top is not above base",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => call.x3 <= call.x2,
    },
    rdState,
    {
      id: "range_bound",
      text: "base or top is not aligned to a page, or the range is not inside the protected half",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !isProtectedPage(call, call.x2) || !isProtectedPage(call, call.x3 - PAGE_SIZE),
    },
    {
      id: "realm_state",
      text: "the realm is not NEW",
      status: RMI_ERROR_REALM,
      evidence: "recorded",
      holds: (call) => call.realm.state !== REALM.NEW,
    },
    baseInsideEntry((call) => call.x2),
    {
      id: "no_progress",
      text: "the first entry reaches past top, or is not UNASSIGNED with RIPAS EMPTY or RAM; the index is its level",
      status: RMI_ERROR_RTT,
      index: walkLevel,
      evidence: "recorded",
      holds: (call) => noProgress(call.x2, call.x3, call, canBecomeRam),
    },
  ],
  run: (call) => {
    const { walk } = call;
    const size = entryBytes(walk.level);
    let reached = call.x2;
    do {
      walk.write(unassignedLow(RIPAS.RAM), 0);
      reached += size;
    } while (reached + size <= call.x3 && walk.next() && canBecomeRam(call));
    call.out.x1 = reached;
    return RMI_SUCCESS;
  },
};

function canBecome({ walk, rec }: RmiCall): boolean {
  if (hipasOf(walk.low, walk.high, walk.level) === HIPAS.TABLE) return false;
  const request = rec.ripasRequest;
  return request?.ripas !== RIPAS.RAM || ripasOf(walk.low) !== RIPAS.DESTROYED || request.changeDestroyed;
}

/** Changes the RIPAS of the entry where the walk is, and takes it out of the caches if the realm loses it. */
function change(call: RmiCall, ipa: number, to: Ripas): void {
  const { walk } = call;
  const from = ripasOf(walk.low);
  if (hipasOf(walk.low, walk.high, walk.level) === HIPAS.UNASSIGNED) {
    walk.write(unassignedLow(to), 0);
  } else if (from !== to) {
    walk.writeAddress(walk.pfn, assignedBits(to, walk.level), 0);
    if (to === RIPAS.EMPTY) call.invalidate(ipa, 1);
  }
}

/**
 * Does what the realm asked for with RSI_IPA_STATE_SET, for as much of the range as one table holds. The progress
 * is kept in the REC, and the realm is told of it at the next REC_ENTER.
 *
 * @rmm RMI_RTT_SET_RIPAS
 */
export const rttSetRipas: Command = {
  name: "RMI_RTT_SET_RIPAS",
  fid: RMI_RTT_SET_RIPAS,
  origin: "runtime/rmi/rtt.c smc_rtt_set_ripas",
  args: ["rd", "rec", "base", "top"],
  results: ["out_top"],
  conditions: [
    {
      id: "range",
      text: "top is not above base, or not aligned to a page",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !(call.x4 > call.x3) || !isEntryAligned(call.x4, LAST_LEVEL),
    },
    rdState,
    {
      id: "rec_state",
      text: "rec is not a granule in state REC",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !call.findRec(call.x2),
    },
    {
      id: "rec_running",
      text: "the REC runs",
      status: RMI_ERROR_REC,
      evidence: "recorded",
      holds: (call) => call.granules.countOf(call.rec.pfn) !== 0,
    },
    {
      id: "rec_owner",
      text: "the REC belongs to another realm",
      status: RMI_ERROR_REC,
      evidence: "recorded",
      holds: (call) => call.rec.realm !== call.realm,
    },
    {
      id: "request",
      text: "base is not where the realm's request stands, or top is past its end; also when there is no request",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => {
        const request = call.rec.ripasRequest;
        return request === undefined || call.x3 !== request.reached || call.x4 > request.top;
      },
    },
    baseInsideEntry((call) => call.x3),
    {
      id: "no_progress",
      text: "the first entry reaches past top, or is DESTROYED and the realm did not agree to its loss; the index is its level",
      status: RMI_ERROR_RTT,
      index: walkLevel,
      evidence: "recorded",
      holds: (call) => noProgress(call.x3, call.x4, call, canBecome),
    },
  ],
  run: (call) => {
    const { walk, rec } = call;
    const request = rec.ripasRequest as NonNullable<typeof rec.ripasRequest>;
    const size = entryBytes(walk.level);
    let reached = call.x3;
    do {
      change(call, reached, request.ripas);
      reached += size;
    } while (reached + size <= call.x4 && walk.next() && canBecome(call));
    request.reached = reached;
    call.out.x1 = reached;
    return RMI_SUCCESS;
  },
};
