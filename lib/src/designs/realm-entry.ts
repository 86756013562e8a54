// SPDX-License-Identifier: MIT
import { type Pa, type Pfn, paToPfn } from "../base/address.ts";
import { LAST_LEVEL } from "../hw/stage2.ts";
import type { Kvm } from "../kernel/kvm/kvm.ts";
import { RTT_ENTRY_STATE } from "../rmm/commands/rtt.ts";
import { RMI_RTT_READ_ENTRY } from "../rmm/fid.ts";
import { RMI_SUCCESS } from "../rmm/status.ts";

/**
 * The frame that the realm's tables have at a private address (bytes), whether the guest may use it now or not. The
 * firmware is asked.
 *
 * @rmm RMI_RTT_READ_ENTRY
 */
export function frameInRealm({ kernel, arch }: Kvm, ipa: number): Pfn | undefined {
  const { rmm } = kernel;
  if (arch.realm.rd === 0) return undefined;
  const status = rmm.smc(RMI_RTT_READ_ENTRY, arch.realm.rd, ipa, LAST_LEVEL);
  if (status !== RMI_SUCCESS || rmm.out.x1 !== LAST_LEVEL || rmm.out.x2 !== RTT_ENTRY_STATE.ASSIGNED)
    return undefined;
  return paToPfn(rmm.out.x3 as Pa);
}
