// SPDX-License-Identifier: MIT
import { PAS } from "../../lib/src/hw/granule-protection.ts";
import { Machine } from "../../lib/src/hw/machine.ts";
import { rmiCommands } from "../../lib/src/rmm/commands.ts";
import { granuleStateName } from "../../lib/src/rmm/granules.ts";
import { rmi_realm_params } from "../../lib/src/rmm/realm-params.ts";
import { rmi_rec_params } from "../../lib/src/rmm/rec-params.ts";
import { rmi_rec_run } from "../../lib/src/rmm/rec-run.ts";
import { fromRegister } from "../../lib/src/rmm/registers.ts";
import { Rmm, smcRegisters } from "../../lib/src/rmm/rmm.ts";
import type * as Simulator from "../../tools/replay/simulator.d.ts";

/** What the replayer needs, from the sources. */
export const simulator: Omit<typeof Simulator, "default"> = {
  PAS,
  Machine,
  rmiCommands,
  granuleStateName,
  rmi_realm_params,
  rmi_rec_params,
  rmi_rec_run,
  fromRegister,
  Rmm,
  smcRegisters,
};
