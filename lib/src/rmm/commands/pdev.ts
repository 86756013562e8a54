// SPDX-License-Identifier: MIT
import { paToPfn } from "../../base/address.ts";
import { SPDM, spdmRequest } from "../../hw/spdm.ts";
import type { RmiCall } from "../call.ts";
import type { Command, Condition } from "../command.ts";
import { communicationConditions, converse, statusCondition } from "../communicate.ts";
import { RMI_PROTOCOL } from "../device-communication.ts";
import { PDEV_AUX_GRANULES, Pdev, RMI_PDEV, RMI_PDEV_FLAG, rmi_pdev_params } from "../devices.ts";
import {
  RMI_PDEV_AUX_COUNT,
  RMI_PDEV_COMMUNICATE,
  RMI_PDEV_CREATE,
  RMI_PDEV_DESTROY,
  RMI_PDEV_GET_STATE,
  RMI_PDEV_STOP,
} from "../fid.ts";
import { GRANULE } from "../granules.ts";
import { HASH } from "../realm-params.ts";
import { fromRegister } from "../registers.ts";
import { RMI_ERROR_DEVICE, RMI_ERROR_INPUT, RMI_SUCCESS } from "../status.ts";

/** The first argument must name a PDEV, which later conditions then find in `call.pdev`. */
export const pdevState: Condition = {
  id: "pdev_granule",
  text: "pdev is not a granule in state PDEV",
  status: RMI_ERROR_INPUT,
  evidence: "source",
  holds: (call) => !call.findPdev(call.x1),
};

/** Reports how many granules a PDEV needs besides its own. @rmm RMI_PDEV_AUX_COUNT */
export const pdevAuxCount: Command = {
  name: "RMI_PDEV_AUX_COUNT",
  fid: RMI_PDEV_AUX_COUNT,
  deviceAssignment: true,
  origin: "runtime/rmi/pdev.c smc_pdev_aux_count",
  args: ["flags"],
  results: ["aux_count"],
  conditions: [],
  run: (call) => {
    call.out.x1 = PDEV_AUX_GRANULES;
    return RMI_SUCCESS;
  },
};

const NEEDED_FLAGS = RMI_PDEV_FLAG.SPDM | RMI_PDEV_FLAG.IDE;

/**
 * Makes the RMM's object for a device; the link to it is set up by PDEV_COMMUNICATE.
 *
 * @rmm RMI_PDEV_CREATE
 */
export const pdevCreate: Command = {
  name: "RMI_PDEV_CREATE",
  fid: RMI_PDEV_CREATE,
  deviceAssignment: true,
  origin: "runtime/rmi/pdev.c smc_pdev_create",
  args: ["pdev", "params"],
  results: [],
  conditions: [
    {
      id: "params_state",
      text: "params is not a granule of DRAM in state NS",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => call.granules.stateAt(call.x2) !== GRANULE.NS,
    },
    {
      id: "params_pas",
      text: "reading params faults, because it is not in the Non-secure space",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => {
        const page = call.readHostPage(call.x2);
        if (page === undefined) return true;
        const params = rmi_pdev_params.decode(page);
        call.pdevParams = {
          flags: fromRegister(params.flags),
          pdev_id: fromRegister(params.pdev_id),
          hash_algo: fromRegister(params.hash_algo),
          num_aux: fromRegister(params.num_aux),
          aux: params.aux_granule.map(fromRegister),
        };
        return false;
      },
    },
    {
      id: "flags",
      text: "flags does not ask for SPDM and IDE, and nothing else",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => call.pdevParams.flags !== NEEDED_FLAGS,
    },
    {
      id: "hash_algo",
      text: "hash_algo is neither SHA-256 nor SHA-512",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: ({ pdevParams: { hash_algo } }) => hash_algo !== HASH.SHA_256 && hash_algo !== HASH.SHA_512,
    },
    {
      id: "num_aux",
      text: `num_aux is not ${PDEV_AUX_GRANULES}`,
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => call.pdevParams.num_aux !== PDEV_AUX_GRANULES,
    },
    {
      id: "pdev_id",
      text: "pdev_id is not a requester id of 16 bits, or belongs to another PDEV",
      status: RMI_ERROR_INPUT,
      evidence: "model",
      holds: ({ pdevParams: { pdev_id }, pdevs }) =>
        pdev_id >= 2 ** 16 || [...pdevs.values()].some(({ id }) => id === pdev_id),
    },
    {
      id: "aux_state",
      text: "an auxiliary granule is not in state DELEGATED",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => listedAux(call).some((pa) => call.granules.stateAt(pa) !== GRANULE.DELEGATED),
    },
    {
      id: "aux_alias",
      text: "an auxiliary granule is listed twice, or is pdev itself",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => new Set([call.x1, ...listedAux(call)]).size !== PDEV_AUX_GRANULES + 1,
    },
    {
      id: "pdev_state",
      text: "pdev is not a granule in state DELEGATED",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => call.granules.stateAt(call.x1) !== GRANULE.DELEGATED,
    },
  ],
  run: (call) => {
    const pfn = paToPfn(call.x1);
    const aux = listedAux(call).map(paToPfn);
    call.zero(pfn);
    call.granules.setState(pfn, GRANULE.PDEV);
    for (const auxPfn of aux) {
      call.zero(auxPfn);
      call.granules.setState(auxPfn, GRANULE.PDEV_AUX);
    }
    const pdev = new Pdev(pfn, call.pdevParams.pdev_id, aux);
    pdev.conversation.prepare(RMI_PROTOCOL.SPDM, [
      spdmRequest(SPDM.GET_VERSION),
      spdmRequest(SPDM.GET_CERTIFICATE),
    ]);
    call.pdevs.set(pfn, pdev);
    return RMI_SUCCESS;
  },
};

function listedAux(call: RmiCall): readonly number[] {
  return call.pdevParams.aux.slice(0, call.pdevParams.num_aux);
}

/** State that a PDEV gets when a conversation has come to its end. */
const AFTER: Partial<Record<number, Pdev["state"]>> = {
  [RMI_PDEV.NEW]: RMI_PDEV.NEEDS_KEY,
  [RMI_PDEV.HAS_KEY]: RMI_PDEV.READY,
  [RMI_PDEV.STOPPING]: RMI_PDEV.STOPPED,
};

/**
 * One step of the conversation with the device, which the host relays: until the PDEV needs its key, until the link
 * is set up, or until the session has ended.
 *
 * @rmm RMI_PDEV_COMMUNICATE
 */
export const pdevCommunicate: Command = {
  name: "RMI_PDEV_COMMUNICATE",
  fid: RMI_PDEV_COMMUNICATE,
  deviceAssignment: true,
  origin: "runtime/rmi/pdev.c smc_pdev_communicate",
  args: ["pdev", "data"],
  results: [],
  conditions: [
    ...communicationConditions((call) => call.x2),
    pdevState,
    {
      id: "pdev_state",
      text: "there is nothing to say in the state of the PDEV",
      status: RMI_ERROR_DEVICE,
      evidence: "source",
      holds: ({ pdev }) => AFTER[pdev.state] === undefined,
    },
    statusCondition(({ pdev }) => pdev.conversation),
  ],
  run: (call) => {
    const { pdev } = call;
    const reached = converse(call, call.x2, pdev.conversation);
    if (pdev.conversation.state === "error") pdev.state = RMI_PDEV.ERROR;
    else if (pdev.conversation.state === "idle") pdev.state = AFTER[pdev.state] as Pdev["state"];
    return reached ? RMI_SUCCESS : RMI_ERROR_INPUT;
  },
};

/** Reports the state of a PDEV. @rmm RMI_PDEV_GET_STATE */
export const pdevGetState: Command = {
  name: "RMI_PDEV_GET_STATE",
  fid: RMI_PDEV_GET_STATE,
  deviceAssignment: true,
  origin: "runtime/rmi/pdev.c smc_pdev_get_state",
  args: ["pdev"],
  results: ["state"],
  conditions: [pdevState],
  run: (call) => {
    call.out.x1 = call.pdev.state;
    return RMI_SUCCESS;
  },
};

/** Begins to take the link to a device down. @rmm RMI_PDEV_STOP */
export const pdevStop: Command = {
  name: "RMI_PDEV_STOP",
  fid: RMI_PDEV_STOP,
  deviceAssignment: true,
  origin: "runtime/rmi/pdev.c smc_pdev_stop",
  args: ["pdev"],
  results: [],
  conditions: [
    pdevState,
    {
      id: "pdev_stopped",
      text: "the PDEV is being stopped, or is stopped",
      status: RMI_ERROR_DEVICE,
      evidence: "source",
      holds: ({ pdev }) => pdev.state === RMI_PDEV.STOPPING || pdev.state === RMI_PDEV.STOPPED,
    },
    {
      id: "pdev_vdevs",
      text: "an interface of the device is bound to a realm",
      status: RMI_ERROR_DEVICE,
      evidence: "source",
      holds: ({ pdev }) => pdev.vdevs !== 0,
    },
  ],
  run: ({ pdev }) => {
    pdev.state = RMI_PDEV.STOPPING;
    pdev.conversation.prepare(RMI_PROTOCOL.SECURE_SPDM, [spdmRequest(SPDM.END_SESSION)]);
    return RMI_SUCCESS;
  },
};

/** Takes a stopped PDEV apart. @rmm RMI_PDEV_DESTROY */
export const pdevDestroy: Command = {
  name: "RMI_PDEV_DESTROY",
  fid: RMI_PDEV_DESTROY,
  deviceAssignment: true,
  origin: "runtime/rmi/pdev.c smc_pdev_destroy",
  args: ["pdev"],
  results: [],
  conditions: [
    pdevState,
    {
      id: "pdev_state",
      text: "the PDEV is not STOPPED",
      status: RMI_ERROR_DEVICE,
      evidence: "source",
      holds: ({ pdev }) => pdev.state !== RMI_PDEV.STOPPED,
    },
  ],
  run: ({ pdev, granules, pdevs }) => {
    for (const pfn of [pdev.pfn, ...pdev.aux]) granules.setState(pfn, GRANULE.DELEGATED);
    pdevs.delete(pdev.pfn);
    return RMI_SUCCESS;
  },
};
