// SPDX-License-Identifier: MIT
import { plural } from "../base/plural.ts";
import type { Host } from "../boot.ts";
import type { DmaResult, PcieFunction } from "../hw/pcie-function.ts";
import type { GuestAction, GuestResult } from "../hw/processor.ts";
import { RSI_RDEV_CONTINUE, RSI_RDEV_GET_INSTANCE_ID, RSI_RDEV_LOCK, RSI_RDEV_START } from "../rmm/fid.ts";
import { RSI_INCOMPLETE, RSI_SUCCESS } from "../rmm/rsi-status.ts";

/** Requester id of the first function; each further one is on the next bus. */
const FIRST_REQUESTER_ID = 0x100;

/**
 * What the guest's driver does before it trusts a device: it has the firmware lock the interface, and then start it.
 * From then on the device marks its DMA as trusted. Returns whether the device runs.
 *
 * @param virtualId the id under which the VMM made the vdevice
 * @rmm RSI_RDEV_LOCK, RSI_RDEV_START
 * @example
 * ```ts
 * function* guest(): GuestProgram {
 *   yield* acceptDevice(VIRTUAL_DEVICE_ID);
 * }
 * ```
 */
export function* acceptDevice(virtualId: number): Generator<GuestAction, boolean, GuestResult> {
  const found = yield { op: "smc", fid: RSI_RDEV_GET_INSTANCE_ID, args: [virtualId] };
  if (found.kind !== "returned" || found.x0 !== RSI_SUCCESS) return false;
  const args = [virtualId, found.x1];
  return (yield* carryOut(RSI_RDEV_LOCK, args)) && (yield* carryOut(RSI_RDEV_START, args));
}

/** Starts an operation on the device and carries it on until the device has answered. */
function* carryOut(fid: number, args: readonly number[]): Generator<GuestAction, boolean, GuestResult> {
  const started = yield { op: "smc", fid, args };
  if (started.kind !== "returned" || started.x0 !== RSI_SUCCESS) return false;
  for (;;) {
    const result = yield { op: "smc", fid: RSI_RDEV_CONTINUE, args };
    if (result.kind !== "returned") return false;
    if (result.x0 !== RSI_INCOMPLETE) return result.x0 === RSI_SUCCESS;
  }
}

/**
 * A device of the host, by the number of its file below /dev/vfio/devices. Its `read` and `write` are the DMA that a
 * driver starts by writing to the device's registers.
 */
export function deviceHardware(host: Host, node = 0): PcieFunction {
  const hardware = host.machine.functions.get(FIRST_REQUESTER_ID * (node + 1));
  if (hardware === undefined) {
    throw new RangeError(
      `there is no device ${node}; this host was booted with ${host.machine.functions.size}`,
    );
  }
  return hardware;
}

/**
 * What came of a DMA, in one line.
 *
 * @example
 * ```ts
 * dmaOutcome(device.write(0x8000_0000, bytes)); // "refused after 0 bytes: F_TRANSLATION at level 1"
 * ```
 */
export function dmaOutcome({ done, event }: DmaResult): string {
  const bytes = plural(done, "byte");
  if (event === undefined) return `landed: ${bytes}`;
  const level = event.level === undefined ? "" : ` at level ${event.level}`;
  return `refused after ${bytes}: ${event.name}${level}`;
}
