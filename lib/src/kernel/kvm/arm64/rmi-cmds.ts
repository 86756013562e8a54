// SPDX-License-Identifier: MIT
import type { SchedulingPoint } from "../../../base/task.ts";
import {
  RMI_DATA_CREATE,
  RMI_DATA_CREATE_UNKNOWN,
  RMI_DATA_DESTROY,
  RMI_GRANULE_DELEGATE,
  RMI_GRANULE_UNDELEGATE,
  RMI_REALM_ACTIVATE,
  RMI_REALM_CREATE,
  RMI_REALM_DESTROY,
  RMI_REC_AUX_COUNT,
  RMI_REC_CREATE,
  RMI_REC_DESTROY,
  RMI_REC_ENTER,
  RMI_RTT_CREATE,
  RMI_RTT_DESTROY,
  RMI_RTT_FOLD,
  RMI_RTT_INIT_RIPAS,
  RMI_RTT_MAP_UNPROTECTED,
  RMI_RTT_SET_RIPAS,
  RMI_RTT_UNMAP_UNPROTECTED,
} from "../../../rmm/fid.ts";
import { RMI_ERROR_INPUT } from "../../../rmm/status.ts";
import type { Kernel } from "../../kernel.ts";

/**
 * The kernel's wrappers around the firmware calls: each passes its arguments in registers and returns x0. Other
 * results stay in `kernel.rmm.out` until the next call. All addresses are bytes.
 *
 * @kernel arch/arm64/include/asm/rmi_cmds.h
 */
export function rmi_granule_delegate(kernel: Kernel, phys: number): number {
  if (kernel.faults.hit("rmi")) return RMI_ERROR_INPUT;
  return kernel.rmm.smc(RMI_GRANULE_DELEGATE, phys);
}

export function rmi_granule_undelegate(kernel: Kernel, phys: number): number {
  return kernel.rmm.smc(RMI_GRANULE_UNDELEGATE, phys);
}

export function rmi_data_create(
  kernel: Kernel,
  rd: number,
  data: number,
  ipa: number,
  src: number,
  flags: number,
): number {
  if (kernel.faults.hit("rmi")) return RMI_ERROR_INPUT;
  return kernel.rmm.smc(RMI_DATA_CREATE, rd, data, ipa, src, flags);
}

export function rmi_data_create_unknown(kernel: Kernel, rd: number, data: number, ipa: number): number {
  if (kernel.faults.hit("rmi")) return RMI_ERROR_INPUT;
  return kernel.rmm.smc(RMI_DATA_CREATE_UNKNOWN, rd, data, ipa);
}

/** Leaves the data granule in x1 and the next address worth trying in x2. */
export function rmi_data_destroy(kernel: Kernel, rd: number, ipa: number): number {
  return kernel.rmm.smc(RMI_DATA_DESTROY, rd, ipa);
}

export function rmi_realm_create(kernel: Kernel, rd: number, params: number): number {
  if (kernel.faults.hit("rmi")) return RMI_ERROR_INPUT;
  return kernel.rmm.smc(RMI_REALM_CREATE, rd, params);
}

export function rmi_realm_activate(kernel: Kernel, rd: number): number {
  if (kernel.faults.hit("rmi")) return RMI_ERROR_INPUT;
  return kernel.rmm.smc(RMI_REALM_ACTIVATE, rd);
}

export function rmi_realm_destroy(kernel: Kernel, rd: number): number {
  return kernel.rmm.smc(RMI_REALM_DESTROY, rd);
}

/** Leaves the number of auxiliary granules in x1. */
export function rmi_rec_aux_count(kernel: Kernel, rd: number): number {
  return kernel.rmm.smc(RMI_REC_AUX_COUNT, rd);
}

export function rmi_rec_create(kernel: Kernel, rd: number, rec: number, params: number): number {
  if (kernel.faults.hit("rmi")) return RMI_ERROR_INPUT;
  return kernel.rmm.smc(RMI_REC_CREATE, rd, rec, params);
}

export function rmi_rec_destroy(kernel: Kernel, rec: number): number {
  return kernel.rmm.smc(RMI_REC_DESTROY, rec);
}

export function rmi_rec_enter(kernel: Kernel, rec: number, run: number): number {
  return kernel.rmm.smc(RMI_REC_ENTER, rec, run);
}

export function rmi_rtt_create(kernel: Kernel, rd: number, rtt: number, ipa: number, level: number): number {
  if (kernel.faults.hit("rmi")) return RMI_ERROR_INPUT;
  return kernel.rmm.smc(RMI_RTT_CREATE, rd, rtt, ipa, level);
}

/** Leaves the table's granule in x1 and the next address worth trying in x2. */
export function rmi_rtt_destroy(kernel: Kernel, rd: number, ipa: number, level: number): number {
  return kernel.rmm.smc(RMI_RTT_DESTROY, rd, ipa, level);
}

/** Leaves the table's granule in x1. */
export function rmi_rtt_fold(kernel: Kernel, rd: number, ipa: number, level: number): number {
  return kernel.rmm.smc(RMI_RTT_FOLD, rd, ipa, level);
}

/** Leaves the address it got to in x1. */
export function rmi_rtt_init_ripas(kernel: Kernel, rd: number, start: number, end: number): number {
  return kernel.rmm.smc(RMI_RTT_INIT_RIPAS, rd, start, end);
}

/** Leaves the address it got to in x1. */
export function rmi_rtt_set_ripas(
  kernel: Kernel,
  rd: number,
  rec: number,
  start: number,
  end: number,
): number {
  return kernel.rmm.smc(RMI_RTT_SET_RIPAS, rd, rec, start, end);
}

export function rmi_rtt_map_unprotected(
  kernel: Kernel,
  rd: number,
  ipa: number,
  level: number,
  desc: number,
): number {
  if (kernel.faults.hit("rmi")) return RMI_ERROR_INPUT;
  return kernel.rmm.smc(RMI_RTT_MAP_UNPROTECTED, rd, ipa, level, desc);
}

/** Leaves the next address worth trying in x1. */
export function rmi_rtt_unmap_unprotected(kernel: Kernel, rd: number, ipa: number, level: number): number {
  return kernel.rmm.smc(RMI_RTT_UNMAP_UNPROTECTED, rd, ipa, level);
}

/** The scheduling point before a firmware call. */
export function rmiPoint(command: string): SchedulingPoint {
  return { kind: "rmi", object: command };
}
