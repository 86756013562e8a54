// SPDX-License-Identifier: MIT
import type { Command } from "./command.ts";
import { dataCreate, dataCreateUnknown, dataDestroy } from "./commands/data.ts";
import { granuleDelegate, granuleUndelegate } from "./commands/granule.ts";
import { realmActivate, realmCreate, realmDestroy } from "./commands/realm.ts";
import { recAuxCount, recCreate, recDestroy } from "./commands/rec.ts";
import { recEnter } from "./commands/rec-enter.ts";
import { rttInitRipas, rttSetRipas } from "./commands/ripas.ts";
import { rttCreate, rttDestroy, rttReadEntry } from "./commands/rtt.ts";
import { rttFold } from "./commands/rtt-fold.ts";
import { rttMapUnprotected, rttUnmapUnprotected } from "./commands/unprotected.ts";
import { features, version } from "./commands/version.ts";
import { RMI_BASE } from "./fid.ts";

/** Every command of the host interface, in the order of the function ids. */
export const rmiCommands: readonly Command[] = [
  version,
  granuleDelegate,
  granuleUndelegate,
  dataCreate,
  dataCreateUnknown,
  dataDestroy,
  realmActivate,
  realmCreate,
  realmDestroy,
  recCreate,
  recDestroy,
  recEnter,
  rttCreate,
  rttDestroy,
  rttMapUnprotected,
  rttReadEntry,
  rttUnmapUnprotected,
  features,
  rttFold,
  recAuxCount,
  rttInitRipas,
  rttSetRipas,
];

const byNumber: (Command | undefined)[] = [];
for (const command of rmiCommands) byNumber[command.fid - RMI_BASE] = command;

/** The command with a function id. The commands on devices exist only with device assignment. */
export function commandOf(fid: number, deviceAssignment: boolean): Command | undefined {
  const command = byNumber[fid - RMI_BASE];
  return deviceAssignment || command?.deviceAssignment !== true ? command : undefined;
}
