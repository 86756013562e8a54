// SPDX-License-Identifier: MIT

import { pfnToPa } from "../../../base/address.ts";
import { EFAULT, EINTR, ENXIO } from "../../../base/errno.ts";
import type { Task } from "../../../base/task.ts";
import { PSCI_SYSTEM_OFF } from "../../../rmm/fid.ts";
import { REC_ENTER_FLAG, REC_EXIT, rmi_rec_run } from "../../../rmm/rec-run.ts";
import {
  indexOf,
  RMI_ERROR_REALM,
  RMI_ERROR_REC,
  RMI_ERROR_RTT,
  RMI_SUCCESS,
  statusOf,
} from "../../../rmm/status.ts";
import { kvm_mmu_topup_memory_cache } from "../../mm/memory-cache.ts";
import { kvm_mmu_cache_min_pages } from "../kvm.ts";
import {
  KVM_EXIT_FAIL_ENTRY,
  KVM_EXIT_INTR,
  KVM_EXIT_MEMORY_FAULT,
  KVM_EXIT_SYSTEM_EVENT,
  KVM_EXIT_UNKNOWN,
  KVM_MEMORY_EXIT_FLAG_PRIVATE,
  KVM_SYSTEM_EVENT_SHUTDOWN,
  kvm_run,
} from "../uapi.ts";
import type { PendingExit, Vcpu } from "../vcpu.ts";
import { kvm_handle_guest_abort } from "./fault.ts";
import { realm_exit_vdev_comm_handler } from "./realm-exit-handlers.ts";
import { realm_unmap_private_range } from "./realm-unmap.ts";
import { runPage } from "./rec.ts";
import { rmi_rec_enter, rmi_rtt_set_ripas, rmiPoint } from "./rmi-cmds.ts";
import { find_map_level, realm_create_rtt_levels } from "./rtt-levels.ts";

/** RIPAS value that the realm asks for when memory shall become private. */
const RMI_RAM = 1;
/** Answer to a host call that nobody implements. @spec SMC Calling Convention */
const SMCCC_RET_NOT_SUPPORTED = 2n ** 64n - 1n;
const ESR_ISV = 1 << 24;
const ESR_WNR = 1 << 6;

/** Ends what the last exit began: the emulated access, or the change of RIPAS. Returns 0 or a negative errno. */
export function* kvm_rec_pre_enter(vcpu: Vcpu): Task<number> {
  const { pending } = vcpu;
  vcpu.pending = { kind: "none" };
  const page = runPage(vcpu.kvm.kernel, vcpu.rec);
  rmi_rec_run.set(page, "flags", 0);
  if (pending.kind === "mmio") {
    rmi_rec_run.set(page, "flags", REC_ENTER_FLAG.EMUL_MMIO);
    const view = new DataView(page.buffer);
    const data = new DataView(vcpu.runBytes().buffer).getBigUint64(40, true);
    if (!pending.write) view.setBigUint64(0x200, data, true);
    return 0;
  }
  return pending.kind === "ripas" ? yield* kvm_complete_ripas_change(vcpu, pending) : 0;
}

type RipasChange = Extract<PendingExit, { kind: "ripas" }>;

/**
 * Carries out the change of RIPAS that user space has agreed to. Memory that the realm gave up is unmapped.
 *
 * @kernel arch/arm64/kvm/rme.c
 */
function* kvm_complete_ripas_change(vcpu: Vcpu, { base, top, toRam }: RipasChange): Task<number> {
  const { kvm, rec } = vcpu;
  const { kernel } = kvm;
  const { realm, mmu } = kvm.arch;
  for (let ipa = base; ipa < top; ) {
    const cache = vcpu.mmu_page_cache;
    const topped = kvm_mmu_topup_memory_cache(kernel.pages, cache, kvm_mmu_cache_min_pages(mmu));
    if (topped !== 0) return topped;
    yield* kvm.mmu_lock.writeLock();
    const result = rmi_rtt_set_ripas(kernel, realm.rd, rec.rec_page, ipa, top);
    let failed = false;
    if (result === RMI_SUCCESS) {
      const from = ipa;
      ipa = kernel.rmm.out.x1;
      if (!toRam) yield* realm_unmap_private_range(kvm, from, ipa);
    } else if (statusOf(result) === RMI_ERROR_RTT && indexOf(result) < find_map_level(realm, ipa, top)) {
      const level = find_map_level(realm, ipa, top);
      failed = (yield* realm_create_rtt_levels(kvm, ipa, indexOf(result), level, cache)) !== 0;
    } else failed = true;
    kvm.mmu_lock.writeUnlock();
    if (failed) {
      // The realm learns how far it came from the answer to its request.
      kernel.log.warn("kvm_complete_ripas_change: the firmware refused RMI_RTT_SET_RIPAS");
      return 0;
    }
  }
  return 0;
}

/** Lets the realm run. Returns x0 of RMI_REC_ENTER. */
export function* kvm_rec_enter(vcpu: Vcpu): Task<number> {
  const { kernel } = vcpu.kvm;
  if (kernel.scheduling.preemptible) yield rmiPoint("RMI_REC_ENTER");
  return rmi_rec_enter(kernel, vcpu.rec.rec_page, pfnToPa(vcpu.rec.run));
}

/**
 * Handles what the realm left for. Returns 1 to enter it again, 0 to leave to user space, or a negative errno.
 *
 * An FIQ stands for the tick of the host's timer; here it takes the thread back to user space with -EINTR, so
 * that a guest with nothing to do does not spin.
 *
 * @kernel arch/arm64/kvm/rme-exit.c
 */
export function* handle_rec_exit(vcpu: Vcpu, result: number): Task<number> {
  const { kernel } = vcpu.kvm;
  const run = vcpu.runBytes();
  const status = statusOf(result);
  if (status === RMI_ERROR_REALM || status === RMI_ERROR_REC) {
    kvm_run.set(run, "exit_reason", KVM_EXIT_FAIL_ENTRY);
    return 0;
  }
  if (result !== RMI_SUCCESS) return -ENXIO;
  const exit = rmi_rec_run.decode(runPage(kernel, vcpu.rec));
  kvm_run.set(run, "exit_reason", KVM_EXIT_UNKNOWN);
  switch (Number(exit.exit_reason)) {
    case REC_EXIT.SYNC: {
      const esr = Number(exit.esr & 0xffffffffn);
      const ipa = Number(exit.hpfar >> 4n) * 4096 + Number(exit.far & 0xfffn);
      vcpu.abort = { ipa, times: vcpu.abort.ipa === ipa ? vcpu.abort.times + 1 : 1 };
      return yield* kvm_handle_guest_abort(vcpu, {
        ipa,
        write: (esr & ESR_WNR) !== 0,
        value: exit.exit_gprs[0] ?? 0n,
        hasSyndrome: (esr & ESR_ISV) !== 0,
      });
    }
    case REC_EXIT.RIPAS_CHANGE: {
      const base = Number(exit.ripas_base);
      const top = Number(exit.ripas_top);
      const toRam = Number(exit.ripas_value) === RMI_RAM;
      const flags = toRam ? KVM_MEMORY_EXIT_FLAG_PRIVATE : 0;
      vcpu.prepareMemoryFaultExit(KVM_EXIT_MEMORY_FAULT, base, top - base, flags);
      vcpu.pending = { kind: "ripas", base, top, toRam };
      return -EFAULT;
    }
    case REC_EXIT.PSCI:
      if (Number(exit.exit_gprs[0]) === PSCI_SYSTEM_OFF) {
        kvm_run.set(run, "exit_reason", KVM_EXIT_SYSTEM_EVENT);
        kvm_run.set(run, "memory_fault_flags", KVM_SYSTEM_EVENT_SHUTDOWN);
        return 0;
      }
      return 1;
    case REC_EXIT.HOST_CALL:
      rmi_rec_run.set(runPage(kernel, vcpu.rec), "flags", 0);
      new DataView(runPage(kernel, vcpu.rec).buffer).setBigUint64(0x200, SMCCC_RET_NOT_SUPPORTED, true);
      return 1;
    case REC_EXIT.VDEV_COMM: {
      const handler = realm_exit_vdev_comm_handler(kernel);
      return handler === undefined ? 1 : yield* handler(Number(exit.vdev));
    }
    default:
      kvm_run.set(run, "exit_reason", KVM_EXIT_INTR);
      return -EINTR;
  }
}
