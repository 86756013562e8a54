// SPDX-License-Identifier: MIT
import { paToPfn } from "../../base/address.ts";
import type { Command, Condition } from "../command.ts";
import { RMI_GRANULE_DELEGATE, RMI_GRANULE_UNDELEGATE } from "../fid.ts";
import { GRANULE } from "../granules.ts";
import { RMI_ERROR_INPUT, RMI_SUCCESS } from "../status.ts";

const isNotNs: Condition = {
  id: "gran_state",
  text: "addr is not a granule of DRAM in state NS",
  status: RMI_ERROR_INPUT,
  evidence: "recorded",
  holds: (call) => call.granules.stateAt(call.x1) !== GRANULE.NS,
};

const isRefusedByEl3: Condition = {
  id: "gran_pas",
  text: "EL3 does not hand the granule over, because it is not in the Non-secure space",
  status: RMI_ERROR_INPUT,
  evidence: "recorded",
  holds: (call) => !call.machine.monitor.delegate(paToPfn(call.x1)),
};

/** Moves a granule of the host into the Realm space. @rmm RMI_GRANULE_DELEGATE */
export const granuleDelegate: Command = {
  name: "RMI_GRANULE_DELEGATE",
  fid: RMI_GRANULE_DELEGATE,
  origin: "runtime/rmi/granule.c smc_granule_delegate",
  args: ["addr"],
  results: [],
  conditions: [isNotNs, isRefusedByEl3],
  firstHolding: (call) => (isNotNs.holds(call) ? 0 : isRefusedByEl3.holds(call) ? 1 : -1),
  run: (call) => {
    call.granules.setState(paToPfn(call.x1), GRANULE.DELEGATED);
    return RMI_SUCCESS;
  },
};

/** Gives a granule back to the host, filled with zeros. @rmm RMI_GRANULE_UNDELEGATE */
export const granuleUndelegate: Command = {
  name: "RMI_GRANULE_UNDELEGATE",
  fid: RMI_GRANULE_UNDELEGATE,
  origin: "runtime/rmi/granule.c smc_granule_undelegate",
  args: ["addr"],
  results: [],
  conditions: [
    {
      id: "gran_state",
      text: "addr is not a granule of DRAM in state DELEGATED",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => call.granules.stateAt(call.x1) !== GRANULE.DELEGATED,
    },
  ],
  run: (call) => {
    const pfn = paToPfn(call.x1);
    call.zero(pfn);
    // EL3 cannot refuse: a DELEGATED granule is in the Realm space. The real RMM panics if it does.
    call.machine.monitor.undelegate(pfn);
    call.granules.setState(pfn, GRANULE.NS);
    return RMI_SUCCESS;
  },
};
