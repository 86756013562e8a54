// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn, paToPfn } from "../../base/address.ts";
import { entryBytes, TABLE_ENTRIES } from "../../hw/stage2.ts";
import type { RmiCall } from "../call.ts";
import type { Command, Condition } from "../command.ts";
import { rdState } from "../conditions.ts";
import { RMI_REALM_ACTIVATE, RMI_REALM_CREATE, RMI_REALM_DESTROY } from "../fid.ts";
import { GRANULE } from "../granules.ts";
import { NO_REALM, REALM, Realm } from "../realm.ts";
import { REALM_FLAG } from "../realm-params.ts";
import { UNASSIGNED_NS_HIGH, UNASSIGNED_NS_LOW } from "../rtt-entry.ts";
import { writeEntry } from "../rtt-walk.ts";
import { RMI_ERROR_INPUT, RMI_ERROR_REALM, RMI_SUCCESS } from "../status.ts";
import { realmParamsConditions } from "./realm-params-conditions.ts";

const rootState: Condition = {
  id: "rtt_state",
  text: "one of the root tables is not a granule in state DELEGATED",
  status: RMI_ERROR_INPUT,
  evidence: "recorded",
  holds: (call) => {
    const { rtt_base, rtt_num_start } = call.realmParams;
    for (let i = 0; i < rtt_num_start; i++) {
      if (call.granules.stateAt(rtt_base + i * PAGE_SIZE) !== GRANULE.DELEGATED) return true;
    }
    return false;
  },
};

/**
 * Makes a realm out of granules for its descriptor and its root tables. All failures are ERROR_INPUT, and none
 * changes anything.
 *
 * Simplified: the realm personalization value is not read, because nothing is measured.
 *
 * @rmm RMI_REALM_CREATE
 */
export const realmCreate: Command = {
  name: "RMI_REALM_CREATE",
  fid: RMI_REALM_CREATE,
  origin: "runtime/rmi/realm.c smc_realm_create",
  args: ["rd", "params"],
  results: [],
  conditions: [
    ...realmParamsConditions,
    rootState,
    {
      id: "rd_state",
      text: "rd is not a granule in state DELEGATED",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => call.granules.stateAt(call.x1) !== GRANULE.DELEGATED,
    },
    {
      id: "rd_rtt_alias",
      text: "rd is one of the root tables",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => {
        const { rtt_base, rtt_num_start } = call.realmParams;
        return call.x1 >= rtt_base && call.x1 < rtt_base + rtt_num_start * PAGE_SIZE;
      },
    },
  ],
  run: (call) => {
    const parameters = call.realmParams;
    const rdPfn = paToPfn(call.x1);
    const realm = new Realm(rdPfn, {
      rttBasePfn: paToPfn(parameters.rtt_base),
      rttLevelStart: parameters.rtt_level_start,
      rttNumStart: parameters.rtt_num_start,
      s2sz: parameters.s2sz,
      vmid: parameters.vmid,
      hashAlgorithm: parameters.hash_algo,
      deviceAssignment: (parameters.flags & REALM_FLAG.DA) !== 0,
    });
    call.zero(rdPfn);
    call.granules.setState(rdPfn, GRANULE.RD);
    for (let i = 0; i < realm.rootCount; i++) makeRootTable(call, realm, i);
    call.realms.set(rdPfn, realm);
    call.vmids.add(realm.vmid);
    return RMI_SUCCESS;
  },
};

// Zeros are UNASSIGNED and EMPTY, which the protected half starts as; the rest is for host memory.
function makeRootTable(call: RmiCall, realm: Realm, which: number): void {
  const pfn = (realm.rootPfn + which) as Pfn;
  call.zero(pfn);
  call.granules.setState(pfn, GRANULE.RTT);
  const words = call.machine.memory.words(pfn);
  const firstShared = realm.protectedEnd / entryBytes(realm.startLevel) - which * TABLE_ENTRIES;
  for (let i = Math.max(0, firstShared); i < TABLE_ENTRIES; i++) {
    writeEntry(words, i, UNASSIGNED_NS_LOW, UNASSIGNED_NS_HIGH);
  }
}

/** Ends the building of a realm: its RECs may run. @rmm RMI_REALM_ACTIVATE */
export const realmActivate: Command = {
  name: "RMI_REALM_ACTIVATE",
  fid: RMI_REALM_ACTIVATE,
  origin: "runtime/rmi/realm.c smc_realm_activate",
  args: ["rd"],
  results: [],
  conditions: [
    rdState,
    {
      id: "realm_state",
      text: "the realm is not NEW",
      status: RMI_ERROR_REALM,
      evidence: "recorded",
      holds: (call) => call.realm.state !== REALM.NEW,
    },
  ],
  run: (call) => {
    call.realm.state = REALM.ACTIVE;
    return RMI_SUCCESS;
  },
};

/**
 * Takes a realm apart, whatever state it is in, once its RECs and tables are gone. Memory of the host that is
 * mapped in the root tables does not hinder it.
 *
 * @rmm RMI_REALM_DESTROY
 */
export const realmDestroy: Command = {
  name: "RMI_REALM_DESTROY",
  fid: RMI_REALM_DESTROY,
  origin: "runtime/rmi/realm.c smc_realm_destroy",
  args: ["rd"],
  results: [],
  conditions: [
    rdState,
    {
      id: "realm_recs",
      text: "the realm still has RECs",
      status: RMI_ERROR_REALM,
      evidence: "recorded",
      holds: (call) => call.granules.countOf(call.realm.rdPfn) !== 0,
    },
    {
      id: "realm_vdevs",
      text: "devices are still bound to the realm",
      status: RMI_ERROR_REALM,
      evidence: "source",
      holds: (call) => call.realm.vdevs !== 0,
    },
    {
      id: "realm_live",
      text: "a root table still refers to a table or to assigned memory",
      status: RMI_ERROR_REALM,
      evidence: "recorded",
      holds: ({ realm, granules }) => {
        for (let i = 0; i < realm.rootCount; i++) {
          if (granules.countOf((realm.rootPfn + i) as Pfn) !== 0) return true;
        }
        return false;
      },
    },
  ],
  run: (call) => {
    const { realm, granules } = call;
    for (let i = 0; i < realm.rootCount; i++)
      granules.setState((realm.rootPfn + i) as Pfn, GRANULE.DELEGATED);
    granules.setState(realm.rdPfn, GRANULE.DELEGATED);
    call.realms.delete(realm.rdPfn);
    call.realm = NO_REALM;
    call.vmids.delete(realm.vmid);
    return RMI_SUCCESS;
  },
};
