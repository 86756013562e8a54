// SPDX-License-Identifier: MIT
import { FRAME, touches } from "../../base/footprint.ts";
import type { RmiCall } from "../call.ts";
import type { Command } from "../command.ts";
import { RMI_REC_ENTER } from "../fid.ts";
import { GRANULE } from "../granules.ts";
import { answerHostCall } from "../host-call.ts";
import { REALM } from "../realm.ts";
import { NO_RESULT, type Rec } from "../rec.ts";
import { REC_ENTER_FLAG, type RecEntry, type RecExit, readRecEntry } from "../rec-run.ts";
import { RSI_SUCCESS } from "../rsi-status.ts";
import { RIPAS } from "../rtt-entry.ts";
import { runRealm } from "../run-realm.ts";
import { RMI_ERROR_INPUT, RMI_ERROR_REALM, RMI_ERROR_REC, RMI_SUCCESS } from "../status.ts";

/** Answer of an IPA_STATE_SET that the host went along with, as far as it came. */
const RESPONSE_ACCEPT = 0;
/** Answer of an IPA_STATE_SET for RAM that the host refused. */
const RESPONSE_REJECT = 1;

/** Tells the realm how far its RIPAS request came. The request is over then, finished or not. */
function completeRipasRequest(rec: Rec, flags: number): void {
  const request = rec.ripasRequest;
  if (request === undefined) return;
  const refused =
    (flags & REC_ENTER_FLAG.RIPAS_REJECT) !== 0 &&
    request.ripas === RIPAS.RAM &&
    request.reached < request.top;
  rec.answer(RSI_SUCCESS, request.reached, refused ? RESPONSE_REJECT : RESPONSE_ACCEPT);
  rec.ripasRequest = undefined;
}

/** Ends an access that aborted, in the way that the host asks for; otherwise the realm will make it again. */
function completeDataAbort(rec: Rec, entry: RecEntry): void {
  const abort = rec.dataAbort;
  if (abort === undefined) return;
  if ((entry.flags & REC_ENTER_FLAG.INJECT_SEA) !== 0) {
    rec.result = { kind: "aborted", reason: "external abort", place: {} };
  } else if ((entry.flags & REC_ENTER_FLAG.EMUL_MMIO) !== 0) {
    rec.result =
      abort.action.op === "load" ? { kind: "loaded", value: entry.gprs[0] as bigint } : { kind: "stored" };
  } else {
    return;
  }
  rec.dataAbort = undefined;
}

/**
 * Runs a virtual processor until something needs the host. Both talk through the run page.
 *
 * Other processors make calls of their own while the realm runs; the reference count of the REC keeps it from
 * being entered twice or destroyed.
 *
 * Simplified: the state of the interrupt controller that the host passes is not looked at, and PSCI calls that
 * need another REC are not modelled, so no PSCI request is ever pending.
 *
 * @rmm RMI_REC_ENTER
 */
export const recEnter: Command = {
  name: "RMI_REC_ENTER",
  fid: RMI_REC_ENTER,
  origin: "runtime/rmi/run.c smc_rec_enter",
  args: ["rec", "run"],
  results: [],
  conditions: [
    {
      id: "run_state",
      text: "run is not a granule of DRAM in state NS",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => call.granules.stateAt(call.x2) !== GRANULE.NS,
    },
    {
      id: "rec_state",
      text: "rec is not a granule in state REC",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !call.findRec(call.x1),
    },
    {
      id: "rec_running",
      text: "the REC runs already",
      status: RMI_ERROR_REC,
      evidence: "recorded",
      holds: (call) => call.granules.countOf(call.rec.pfn) !== 0,
    },
    {
      id: "run_pas",
      text: "reading run faults, because it is not in the Non-secure space",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => {
        const page = call.readHostPage(call.x2);
        if (page === undefined) return true;
        call.recEntry = readRecEntry(page);
        return false;
      },
    },
    {
      id: "realm_new",
      text: "the realm is NEW; the index is 0",
      status: RMI_ERROR_REALM,
      evidence: "recorded",
      holds: (call) => call.rec.realm.state === REALM.NEW,
    },
    {
      id: "realm_off",
      text: "the realm is SYSTEM_OFF; the index is 1",
      status: RMI_ERROR_REALM,
      index: () => 1,
      evidence: "recorded",
      holds: (call) => call.rec.realm.state === REALM.SYSTEM_OFF,
    },
    {
      id: "rec_runnable",
      text: "the REC was created as not runnable",
      status: RMI_ERROR_REC,
      evidence: "recorded",
      holds: (call) => !call.rec.runnable,
    },
    {
      id: "inject_sea",
      text: "the host wants an external abort, but the REC did not leave for an access outside the protected half",
      status: RMI_ERROR_REC,
      evidence: "recorded",
      holds: (call) =>
        (call.recEntry.flags & REC_ENTER_FLAG.INJECT_SEA) !== 0 && call.rec.dataAbort?.shared !== true,
    },
    {
      id: "emul_mmio",
      text: "the host has completed an access, but the REC did not leave for one that could be",
      status: RMI_ERROR_REC,
      evidence: "recorded",
      holds: (call) =>
        (call.recEntry.flags & REC_ENTER_FLAG.EMUL_MMIO) !== 0 && call.rec.dataAbort?.shared !== true,
    },
  ],
  run: enter,
};

// Everything is taken out of the call first: commands of other processors use it while the realm runs.
function enter(call: RmiCall): number {
  const { rec, recEntry, granules, x2: run } = call;
  // The REC itself is one with its granule.
  if (touches.on) touches.write(FRAME, rec.pfn);
  const program = call.machine.programs.get(rec.pa);
  if (program !== rec.program) {
    rec.program = program;
    rec.dataAbort = undefined;
    rec.result = NO_RESULT;
  }
  completeDataAbort(rec, recEntry);
  completeRipasRequest(rec, recEntry.flags);
  answerHostCall(call, rec, recEntry);

  const exit = runWhileCounted(call, rec);
  call.out.clear();
  if (granules.stateAt(run) !== GRANULE.NS || !call.writeRecExit(run, exit)) return RMI_ERROR_INPUT;
  return RMI_SUCCESS;
}

function runWhileCounted(call: RmiCall, rec: Rec): RecExit {
  call.granules.addToCount(rec.pfn, 1);
  try {
    return runRealm(call, rec);
  } finally {
    call.granules.addToCount(rec.pfn, -1);
  }
}
