// SPDX-License-Identifier: MIT
import { SPDM, spdmRequest, TDISP } from "../hw/spdm.ts";
import type { RmiCall } from "./call.ts";
import { RMI_PROTOCOL } from "./device-communication.ts";
import { type RdevOperation, type RdevState, RMI_VDEV, RSI_RDEV, type Vdev } from "./devices.ts";
import type { Rec } from "./rec.ts";
import { REC_EXIT, type RecExit } from "./rec-run.ts";
import {
  RSI_ERROR_DEVICE,
  RSI_ERROR_INPUT,
  RSI_ERROR_STATE,
  RSI_INCOMPLETE,
  RSI_SUCCESS,
} from "./rsi-status.ts";

/**
 * The calls by which a realm works with its devices. An operation is started by one call and carried on by
 * RSI_RDEV_CONTINUE, which leaves for the host whenever the device must be talked to.
 *
 * Simplified: interface reports, measurements and device memory (MMIO) are left out.
 *
 * @spec RMM 1.1-alp12, RSI_RDEV_*
 */

interface Step {
  /** State of the device in which the operation can be started. */
  readonly from: RdevState;
  readonly to: RdevState;
  readonly message: number;
  /** Number by which the host is told of the operation. */
  readonly action: number;
}

const STEPS: Readonly<Record<RdevOperation, Step>> = {
  lock: { from: RSI_RDEV.UNLOCKED, to: RSI_RDEV.LOCKED, message: TDISP.LOCK_INTERFACE, action: 2 },
  start: { from: RSI_RDEV.LOCKED, to: RSI_RDEV.STARTED, message: TDISP.START_INTERFACE, action: 3 },
  stop: { from: RSI_RDEV.STARTED, to: RSI_RDEV.STOPPED, message: TDISP.STOP_INTERFACE, action: 4 },
};

/** Notes what came of an operation. */
export function finishOperation(vdev: Vdev, operation: RdevOperation | undefined, succeeded: boolean): void {
  vdev.operation = undefined;
  if (operation === undefined) return;
  vdev.rdevState = succeeded ? STEPS[operation].to : RSI_RDEV.ERROR;
}

function find(call: RmiCall, rec: Rec, id: number): Vdev | undefined {
  return [...call.vdevs.values()].find((vdev) => vdev.realm === rec.realm && vdev.id === id);
}

/** The device with an id, if it is still the one that the realm got to know. */
function known(call: RmiCall, rec: Rec, id: number, instance: number): Vdev | undefined {
  const vdev = find(call, rec, id);
  return vdev?.instance === instance ? vdev : undefined;
}

/**
 * Asks for the number of a device's binding. Simplified: the RMM looks the device up itself, where the real one asks
 * the host with an exit and is answered by RMI_VDEV_COMPLETE.
 *
 * @rmm RSI_RDEV_GET_INSTANCE_ID
 */
export function rdevGetInstanceId(call: RmiCall, rec: Rec, id: number): undefined {
  const vdev = find(call, rec, id);
  return vdev === undefined ? rec.answer(RSI_ERROR_INPUT) : rec.answer(RSI_SUCCESS, vdev.instance);
}

/** Reports the state of a device. @rmm RSI_RDEV_GET_STATE */
export function rdevGetState(call: RmiCall, rec: Rec, id: number, instance: number): undefined {
  const vdev = known(call, rec, id, instance);
  return vdev === undefined ? rec.answer(RSI_ERROR_INPUT) : rec.answer(RSI_SUCCESS, vdev.rdevState);
}

/** A call that starts an operation. @rmm RSI_RDEV_LOCK, RSI_RDEV_START, RSI_RDEV_STOP */
export function rdevOperation(
  operation: RdevOperation,
): (call: RmiCall, rec: Rec, id: number, instance: number) => undefined {
  return (call: RmiCall, rec: Rec, id: number, instance: number): undefined => {
    const vdev = known(call, rec, id, instance);
    if (vdev === undefined) return rec.answer(RSI_ERROR_INPUT);
    const busy = vdev.operation !== undefined || vdev.state !== RMI_VDEV.READY;
    if (busy || vdev.rdevState !== STEPS[operation].from) return rec.answer(RSI_ERROR_STATE);
    vdev.operation = operation;
    return rec.answer(RSI_SUCCESS);
  };
}

/**
 * Carries an operation on. While the device has not answered, the REC leaves for the host, and the realm is told
 * afterwards to call again.
 *
 * @rmm RSI_RDEV_CONTINUE
 */
export function rdevContinue(call: RmiCall, rec: Rec, id: number, instance: number): RecExit | undefined {
  const vdev = known(call, rec, id, instance);
  if (vdev === undefined) return rec.answer(RSI_ERROR_INPUT);
  const { operation } = vdev;
  if (operation === undefined) {
    return rec.answer(vdev.rdevState === RSI_RDEV.ERROR ? RSI_ERROR_DEVICE : RSI_SUCCESS);
  }
  if (vdev.state === RMI_VDEV.READY) {
    vdev.state = RMI_VDEV.COMMUNICATING;
    const request = spdmRequest(SPDM.VENDOR_DEFINED, STEPS[operation].message);
    vdev.pdev.conversation.prepare(RMI_PROTOCOL.SECURE_SPDM, [request]);
  }
  rec.answer(RSI_INCOMPLETE);
  return { exit_reason: REC_EXIT.VDEV_COMM, vdev: vdev.pa, vdev_action: STEPS[operation].action };
}
