// SPDX-License-Identifier: MIT
/** What the replayer needs of the simulator; the tool takes it from the built library, the tests from the sources. */
export { PAS } from "../../lib/src/hw/granule-protection.ts";
export { Machine } from "../../lib/src/hw/machine.ts";
export { rmiCommands } from "../../lib/src/rmm/commands.ts";
export { granuleStateName } from "../../lib/src/rmm/granules.ts";
export { rmi_realm_params } from "../../lib/src/rmm/realm-params.ts";
export { rmi_rec_params } from "../../lib/src/rmm/rec-params.ts";
export { rmi_rec_run } from "../../lib/src/rmm/rec-run.ts";
export { fromRegister } from "../../lib/src/rmm/registers.ts";
export { Rmm, smcRegisters } from "../../lib/src/rmm/rmm.ts";
