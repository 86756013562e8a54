// SPDX-License-Identifier: MIT
import { paToPfn } from "../../base/address.ts";
import { SPDM, spdmRequest, TDISP } from "../../hw/spdm.ts";
import type { RmiCall } from "../call.ts";
import type { Command, Condition } from "../command.ts";
import { communicationConditions, converse, statusCondition } from "../communicate.ts";
import { rdState } from "../conditions.ts";
import { RMI_PROTOCOL } from "../device-communication.ts";
import { RMI_PDEV, RMI_VDEV, rmi_vdev_params, Vdev } from "../devices.ts";
import {
  RMI_VDEV_ABORT,
  RMI_VDEV_COMMUNICATE,
  RMI_VDEV_CREATE,
  RMI_VDEV_DESTROY,
  RMI_VDEV_GET_STATE,
  RMI_VDEV_STOP,
} from "../fid.ts";
import { GRANULE } from "../granules.ts";
import { finishOperation } from "../rdev.ts";
import { fromRegister } from "../registers.ts";
import { stage2Of } from "../run-realm.ts";
import { RMI_ERROR_DEVICE, RMI_ERROR_INPUT, RMI_ERROR_REALM, RMI_SUCCESS } from "../status.ts";

/** An argument must name a PDEV, or a VDEV. */
function names(what: "pdev" | "vdev", argument: (call: RmiCall) => number): Condition {
  return {
    id: `${what}_granule`,
    text: `${what} is not a granule in state ${what.toUpperCase()}`,
    status: RMI_ERROR_INPUT,
    evidence: "source",
    holds: (call) => !(what === "pdev" ? call.findPdev(argument(call)) : call.findVdev(argument(call))),
  };
}

/**
 * Binds an interface of a device to a realm, in any state of the realm. The interface's entry in the Realm stream
 * table gets the realm's own tables: from now on trusted DMA sees exactly what they hold, and nothing faults pages in.
 *
 * @rmm RMI_VDEV_CREATE
 */
export const vdevCreate: Command = {
  name: "RMI_VDEV_CREATE",
  fid: RMI_VDEV_CREATE,
  deviceAssignment: true,
  origin: "runtime/rmi/vdev.c smc_vdev_create",
  args: ["rd", "pdev", "vdev", "params"],
  results: [],
  conditions: [
    {
      id: "params_state",
      text: "params is not a granule of DRAM in state NS",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => call.granules.stateAt(call.x4) !== GRANULE.NS,
    },
    {
      id: "params_pas",
      text: "reading params faults, because it is not in the Non-secure space",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => {
        const page = call.readHostPage(call.x4);
        if (page === undefined) return true;
        const { flags, vdev_id, tdi_id, num_aux } = rmi_vdev_params.decode(page);
        call.vdevParams = {
          flags: fromRegister(flags),
          vdev_id: fromRegister(vdev_id),
          tdi_id: fromRegister(tdi_id),
          num_aux: fromRegister(num_aux),
        };
        return false;
      },
    },
    {
      id: "params_zero",
      text: "num_aux or flags is not 0",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: ({ vdevParams: { num_aux, flags } }) => num_aux !== 0 || flags !== 0,
    },
    rdState,
    names("pdev", (call) => call.x2),
    {
      id: "vdev_state",
      text: "vdev is not a granule in state DELEGATED",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => call.granules.stateAt(call.x3) !== GRANULE.DELEGATED,
    },
    {
      id: "realm_da",
      text: "the realm was created without flag DA",
      status: RMI_ERROR_REALM,
      evidence: "source",
      holds: ({ realm }) => !realm.deviceAssignment,
    },
    {
      id: "pdev_state",
      text: "the PDEV is not READY",
      status: RMI_ERROR_DEVICE,
      evidence: "source",
      holds: ({ pdev }) => pdev.state !== RMI_PDEV.READY,
    },
    {
      id: "tdi_id",
      text: "the interface is bound already, or the realm has a device with the same id",
      status: RMI_ERROR_INPUT,
      evidence: "model",
      holds: ({ vdevParams: { tdi_id, vdev_id }, vdevs, realm }) =>
        [...vdevs.values()].some(
          (vdev) => vdev.tdiId === tdi_id || (vdev.realm === realm && vdev.id === vdev_id),
        ),
    },
  ],
  run: (call) => {
    const { realm, pdev, granules, vdevParams } = call;
    const pfn = paToPfn(call.x3);
    call.zero(pfn);
    granules.setState(pfn, GRANULE.VDEV);
    call.vdevInstances++;
    const vdev = new Vdev(pfn, realm, pdev, vdevParams.vdev_id, vdevParams.tdi_id, call.vdevInstances);
    call.vdevs.set(pfn, vdev);
    realm.vdevs++;
    pdev.vdevs++;
    call.machine.smmu.setRealmStream(vdev.tdiId, stage2Of(realm));
    return RMI_SUCCESS;
  },
};

const vdevFirst: Condition = names("vdev", (call) => call.x1);

/**
 * One step of a conversation about an interface: what the realm asked for, or the end of the binding.
 *
 * @rmm RMI_VDEV_COMMUNICATE
 */
export const vdevCommunicate: Command = {
  name: "RMI_VDEV_COMMUNICATE",
  fid: RMI_VDEV_COMMUNICATE,
  deviceAssignment: true,
  origin: "runtime/rmi/vdev.c smc_vdev_communicate",
  args: ["pdev", "vdev", "data"],
  results: [],
  conditions: [
    names("pdev", (call) => call.x1),
    names("vdev", (call) => call.x2),
    {
      id: "vdev_owner",
      text: "the VDEV is not an interface of the PDEV",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: ({ vdev, pdev }) => vdev.pdev !== pdev,
    },
    ...communicationConditions((call) => call.x3),
    {
      id: "vdev_state",
      text: "the VDEV is neither COMMUNICATING nor STOPPING",
      status: RMI_ERROR_DEVICE,
      evidence: "source",
      holds: ({ vdev }) => vdev.state !== RMI_VDEV.COMMUNICATING && vdev.state !== RMI_VDEV.STOPPING,
    },
    statusCondition(({ pdev }) => pdev.conversation),
  ],
  run: (call) => {
    const { vdev, pdev } = call;
    const reached = converse(call, call.x3, pdev.conversation);
    const { state } = pdev.conversation;
    if (state !== "active") {
      const stopping = vdev.state === RMI_VDEV.STOPPING;
      if (stopping) vdev.state = RMI_VDEV.STOPPED;
      else vdev.state = state === "error" ? RMI_VDEV.ERROR : RMI_VDEV.READY;
      finishOperation(vdev, stopping ? "stop" : vdev.operation, state !== "error");
      if (state === "error") pdev.conversation.abort();
    }
    return reached ? RMI_SUCCESS : RMI_ERROR_INPUT;
  },
};

/** Reports the state of a VDEV. @rmm RMI_VDEV_GET_STATE */
export const vdevGetState: Command = {
  name: "RMI_VDEV_GET_STATE",
  fid: RMI_VDEV_GET_STATE,
  deviceAssignment: true,
  origin: "runtime/rmi/vdev.c smc_vdev_get_state",
  args: ["vdev"],
  results: ["state"],
  conditions: [vdevFirst],
  run: (call) => {
    call.out.x1 = call.vdev.state;
    return RMI_SUCCESS;
  },
};

/** Gives up a conversation that the realm started. @rmm RMI_VDEV_ABORT */
export const vdevAbort: Command = {
  name: "RMI_VDEV_ABORT",
  fid: RMI_VDEV_ABORT,
  deviceAssignment: true,
  origin: "runtime/rmi/vdev.c smc_vdev_abort",
  args: ["vdev"],
  results: [],
  conditions: [
    vdevFirst,
    {
      id: "vdev_state",
      text: "the VDEV is not COMMUNICATING",
      status: RMI_ERROR_DEVICE,
      evidence: "source",
      holds: ({ vdev }) => vdev.state !== RMI_VDEV.COMMUNICATING,
    },
  ],
  run: ({ vdev }) => {
    vdev.pdev.conversation.abort();
    vdev.state = RMI_VDEV.READY;
    finishOperation(vdev, vdev.operation, false);
    return RMI_SUCCESS;
  },
};

/** Begins to end a binding: the device is told to stop the interface. @rmm RMI_VDEV_STOP */
export const vdevStop: Command = {
  name: "RMI_VDEV_STOP",
  fid: RMI_VDEV_STOP,
  deviceAssignment: true,
  origin: "runtime/rmi/vdev.c smc_vdev_stop",
  args: ["vdev"],
  results: [],
  conditions: [
    vdevFirst,
    {
      id: "vdev_state",
      text: "the VDEV is neither READY nor in ERROR",
      status: RMI_ERROR_DEVICE,
      evidence: "source",
      holds: ({ vdev }) => vdev.state !== RMI_VDEV.READY && vdev.state !== RMI_VDEV.ERROR,
    },
  ],
  run: ({ vdev }) => {
    vdev.state = RMI_VDEV.STOPPING;
    vdev.pdev.conversation.prepare(RMI_PROTOCOL.SECURE_SPDM, [
      spdmRequest(SPDM.VENDOR_DEFINED, TDISP.STOP_INTERFACE),
    ]);
    return RMI_SUCCESS;
  },
};

/** Ends a binding: the interface's stream leads nowhere any more. @rmm RMI_VDEV_DESTROY */
export const vdevDestroy: Command = {
  name: "RMI_VDEV_DESTROY",
  fid: RMI_VDEV_DESTROY,
  deviceAssignment: true,
  origin: "runtime/rmi/vdev.c smc_vdev_destroy",
  args: ["rd", "pdev", "vdev"],
  results: [],
  conditions: [
    rdState,
    names("pdev", (call) => call.x2),
    names("vdev", (call) => call.x3),
    {
      id: "vdev_owner",
      text: "the VDEV does not belong to the realm and the PDEV",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: ({ vdev, realm, pdev }) => vdev.realm !== realm || vdev.pdev !== pdev,
    },
    {
      id: "vdev_state",
      text: "the VDEV is not STOPPED",
      status: RMI_ERROR_DEVICE,
      evidence: "source",
      holds: ({ vdev }) => vdev.state !== RMI_VDEV.STOPPED,
    },
  ],
  run: (call) => {
    const { vdev, realm, pdev } = call;
    const { smmu } = call.machine;
    smmu.setRealmStream(vdev.tdiId, undefined);
    realm.vdevs--;
    pdev.vdevs--;
    // With the last device gone nothing looks at the SMMU's translations for the realm any more.
    if (realm.vdevs === 0) smmu.tlb.invalidateAll(realm.vmid);
    call.vdevs.delete(vdev.pfn);
    call.granules.setState(vdev.pfn, GRANULE.DELEGATED);
    return RMI_SUCCESS;
  },
};
