// SPDX-License-Identifier: MIT
import { paToPfn, pfnToPa } from "../../base/address.ts";
import type { RmiCall } from "../call.ts";
import type { Command, Condition } from "../command.ts";
import { rdState } from "../conditions.ts";
import { RMI_REC_AUX_COUNT, RMI_REC_CREATE, RMI_REC_DESTROY } from "../fid.ts";
import { GRANULE } from "../granules.ts";
import { MAX_RECS_ORDER, REC_AUX_GRANULES } from "../limits.ts";
import { REALM } from "../realm.ts";
import { Rec } from "../rec.ts";
import { REC_FLAG_RUNNABLE, readRecParams, recIndexOf } from "../rec-params.ts";
import { RMI_ERROR_INPUT, RMI_ERROR_REALM, RMI_ERROR_REC, RMI_SUCCESS } from "../status.ts";

/** Reports how many granules a REC needs besides its own. @rmm RMI_REC_AUX_COUNT */
export const recAuxCount: Command = {
  name: "RMI_REC_AUX_COUNT",
  fid: RMI_REC_AUX_COUNT,
  origin: "runtime/rmi/rec.c smc_rec_aux_count",
  args: ["rd"],
  results: ["aux_count"],
  conditions: [rdState],
  run: (call) => {
    call.out.x1 = REC_AUX_GRANULES;
    return RMI_SUCCESS;
  },
};

/** Addresses of the auxiliary granules that the host listed. */
function listedAux(call: RmiCall): readonly number[] {
  return call.recParams.aux.slice(0, call.recParams.num_aux);
}

const paramsConditions: readonly Condition[] = [
  {
    id: "params_state",
    text: "params is not a granule of DRAM in state NS",
    status: RMI_ERROR_INPUT,
    evidence: "recorded",
    holds: (call) => call.granules.stateAt(call.x3) !== GRANULE.NS,
  },
  {
    id: "params_pas",
    text: "reading params faults, because it is not in the Non-secure space",
    status: RMI_ERROR_INPUT,
    evidence: "recorded",
    holds: (call) => {
      const page = call.readHostPage(call.x3);
      if (page === undefined) return true;
      call.recParams = readRecParams(page);
      return false;
    },
  },
  {
    id: "num_aux_limit",
    text: `num_aux is above ${REC_AUX_GRANULES}`,
    status: RMI_ERROR_INPUT,
    evidence: "recorded",
    holds: (call) => call.recParams.num_aux > REC_AUX_GRANULES,
  },
  {
    id: "aux_state",
    text: "an auxiliary granule is not in state DELEGATED",
    status: RMI_ERROR_INPUT,
    evidence: "recorded",
    holds: (call) => listedAux(call).some((pa) => call.granules.stateAt(pa) !== GRANULE.DELEGATED),
  },
  {
    id: "aux_alias",
    text: "an auxiliary granule is listed twice, or is rec itself",
    status: RMI_ERROR_INPUT,
    evidence: "recorded",
    holds: (call) => new Set([call.x2, ...listedAux(call)]).size !== call.recParams.num_aux + 1,
  },
];

/**
 * Makes a virtual processor of a realm that is still being built.
 *
 * Simplified: the registers that it starts with are not read.
 *
 * @rmm RMI_REC_CREATE
 */
export const recCreate: Command = {
  name: "RMI_REC_CREATE",
  fid: RMI_REC_CREATE,
  origin: "runtime/rmi/rec.c smc_rec_create",
  args: ["rd", "rec", "params"],
  results: [],
  conditions: [
    ...paramsConditions,
    {
      id: "rec_state",
      text: "rec is not a granule in state DELEGATED",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => call.granules.stateAt(call.x2) !== GRANULE.DELEGATED,
    },
    rdState,
    {
      id: "rec_count",
      text: `the realm has ${2 ** MAX_RECS_ORDER - 1} RECs already`,
      status: RMI_ERROR_REALM,
      evidence: "source",
      holds: (call) => call.granules.countOf(call.realm.rdPfn) === 2 ** MAX_RECS_ORDER - 1,
    },
    {
      id: "realm_state",
      text: "the realm is not NEW",
      status: RMI_ERROR_REALM,
      evidence: "recorded",
      holds: (call) => call.realm.state !== REALM.NEW,
    },
    {
      id: "mpidr",
      text: "mpidr does not stand for the number of RECs that the realm has ever had",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => recIndexOf(call.recParams.mpidr) !== call.realm.recsCreated,
    },
    {
      id: "num_aux",
      text: `num_aux is not ${REC_AUX_GRANULES}`,
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => call.recParams.num_aux !== REC_AUX_GRANULES,
    },
  ],
  run: (call) => {
    const { granules, realm, recParams } = call;
    const pfn = paToPfn(call.x2);
    const aux = recParams.aux.map(paToPfn);
    call.zero(pfn);
    granules.setState(pfn, GRANULE.REC);
    for (const auxPfn of aux) {
      call.zero(auxPfn);
      granules.setState(auxPfn, GRANULE.REC_AUX);
    }
    call.recs.set(pfn, new Rec(pfn, realm, (recParams.flags & REC_FLAG_RUNNABLE) !== 0, aux));
    realm.recsCreated++;
    granules.addToCount(realm.rdPfn, 1);
    return RMI_SUCCESS;
  },
};

/** Takes a virtual processor apart. Its index is not used again. @rmm RMI_REC_DESTROY */
export const recDestroy: Command = {
  name: "RMI_REC_DESTROY",
  fid: RMI_REC_DESTROY,
  origin: "runtime/rmi/rec.c smc_rec_destroy",
  args: ["rec"],
  results: [],
  conditions: [
    {
      id: "rec_state",
      text: "rec is not a granule in state REC",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => !call.findRec(call.x1),
    },
    {
      id: "rec_running",
      text: "the REC runs",
      status: RMI_ERROR_REC,
      evidence: "recorded",
      holds: (call) => call.granules.countOf(call.rec.pfn) !== 0,
    },
  ],
  run: (call) => {
    const { granules, rec } = call;
    granules.setState(rec.pfn, GRANULE.DELEGATED);
    for (const auxPfn of rec.aux) granules.setState(auxPfn, GRANULE.DELEGATED);
    granules.addToCount(rec.realm.rdPfn, -1);
    call.recs.delete(rec.pfn);
    call.machine.programs.delete(pfnToPa(rec.pfn));
    return RMI_SUCCESS;
  },
};
