// SPDX-License-Identifier: MIT
import type { Task } from "../../../base/task.ts";
import type { Kernel } from "../../kernel.ts";

/**
 * Handles an exit in which a realm wants its device talked to. 1 to enter the realm again, or a negative errno.
 *
 * @param vdev physical address of the VDEV, in bytes
 */
export type VdevCommHandler = (vdev: number) => Task<number>;

const handlers = new WeakMap<Kernel, VdevCommHandler>();

/**
 * Lets the driver of the TSM handle exits of realms that concern their devices.
 *
 * @kernel drivers/virt/coco/arm-cca-host/rmm-da.c rme_register_exit_handlers
 */
export function rme_register_exit_handlers(kernel: Kernel, handler: VdevCommHandler): void {
  handlers.set(kernel, handler);
}

/** The registered handler. @kernel arch/arm64/kvm/rme-exit.c realm_exit_vdev_comm_handler */
export function realm_exit_vdev_comm_handler(kernel: Kernel): VdevCommHandler | undefined {
  return handlers.get(kernel);
}
