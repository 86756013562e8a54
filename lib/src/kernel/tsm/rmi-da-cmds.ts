// SPDX-License-Identifier: MIT
import {
  RMI_PDEV_AUX_COUNT,
  RMI_PDEV_COMMUNICATE,
  RMI_PDEV_CREATE,
  RMI_PDEV_DESTROY,
  RMI_PDEV_GET_STATE,
  RMI_PDEV_SET_PUBKEY,
  RMI_PDEV_STOP,
  RMI_VDEV_COMMUNICATE,
  RMI_VDEV_CREATE,
  RMI_VDEV_DESTROY,
  RMI_VDEV_GET_STATE,
  RMI_VDEV_STOP,
} from "../../rmm/fid.ts";
import { RMI_ERROR_INPUT } from "../../rmm/status.ts";
import type { Kernel } from "../kernel.ts";

/**
 * The kernel's wrappers around the firmware calls on devices: arguments in registers, x0 as the answer. All
 * addresses are physical and in bytes.
 *
 * @kernel arch/arm64/include/asm/rmi_cmds.h
 */

/** Leaves the number of auxiliary granules in x1. */
export function rmi_pdev_aux_count(kernel: Kernel, flags: number): number {
  return kernel.rmm.smc(RMI_PDEV_AUX_COUNT, flags);
}

export function rmi_pdev_create(kernel: Kernel, pdev: number, params: number): number {
  if (kernel.faults.hit("rmi")) return RMI_ERROR_INPUT;
  return kernel.rmm.smc(RMI_PDEV_CREATE, pdev, params);
}

export function rmi_pdev_communicate(kernel: Kernel, pdev: number, data: number): number {
  return kernel.rmm.smc(RMI_PDEV_COMMUNICATE, pdev, data);
}

/** Leaves the state in x1. */
export function rmi_pdev_get_state(kernel: Kernel, pdev: number): number {
  return kernel.rmm.smc(RMI_PDEV_GET_STATE, pdev);
}

export function rmi_pdev_set_pubkey(kernel: Kernel, pdev: number, params: number): number {
  return kernel.rmm.smc(RMI_PDEV_SET_PUBKEY, pdev, params);
}

export function rmi_pdev_stop(kernel: Kernel, pdev: number): number {
  return kernel.rmm.smc(RMI_PDEV_STOP, pdev);
}

export function rmi_pdev_destroy(kernel: Kernel, pdev: number): number {
  return kernel.rmm.smc(RMI_PDEV_DESTROY, pdev);
}

export function rmi_vdev_create(
  kernel: Kernel,
  rd: number,
  pdev: number,
  vdev: number,
  params: number,
): number {
  if (kernel.faults.hit("rmi")) return RMI_ERROR_INPUT;
  return kernel.rmm.smc(RMI_VDEV_CREATE, rd, pdev, vdev, params);
}

export function rmi_vdev_communicate(kernel: Kernel, pdev: number, vdev: number, data: number): number {
  return kernel.rmm.smc(RMI_VDEV_COMMUNICATE, pdev, vdev, data);
}

/** Leaves the state in x1. */
export function rmi_vdev_get_state(kernel: Kernel, vdev: number): number {
  return kernel.rmm.smc(RMI_VDEV_GET_STATE, vdev);
}

export function rmi_vdev_stop(kernel: Kernel, vdev: number): number {
  return kernel.rmm.smc(RMI_VDEV_STOP, vdev);
}

export function rmi_vdev_destroy(kernel: Kernel, rd: number, pdev: number, vdev: number): number {
  return kernel.rmm.smc(RMI_VDEV_DESTROY, rd, pdev, vdev);
}
