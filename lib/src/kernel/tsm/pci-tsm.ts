// SPDX-License-Identifier: MIT
import { EBUSY, EINVAL, EIO, ENODEV, ENXIO } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import type { Kernel } from "../kernel.ts";
import type { Kvm } from "../kvm/kvm.ts";
import { Mutex, RwLock } from "../mm/locks.ts";
import type { pci_dev, pci_tdi, pci_tsm, pci_tsm_ops, tsm_guest_req_info } from "../pci/pci-dev.ts";
import { installConnectAttribute } from "./sysfs-connect.ts";

/**
 * The TSM core for PCI devices, third version (May 2025), with the patches that the series puts before its own.
 *
 * Simplified: every device is a physical function 0 and its own device security manager.
 *
 * @kernel drivers/pci/tsm.c
 */

/** Takes the device on for a driver and shows its attribute, where the device can be a TDISP interface. */
export function pci_tsm_init(kernel: Kernel, pdev: pci_dev, ops: pci_tsm_ops, rwsem: RwLock): void {
  if (!pdev.tee) return;
  pdev.tsm = {
    pdev,
    ops,
    pci_tsm_rwsem: rwsem,
    lock: new Mutex(kernel, "pci_tsm_pf0->lock"),
    state: "PCI_TSM_INIT",
    tdi: undefined,
  };
  installConnectAttribute(kernel, pdev.tsm, { connect: pci_tsm_connect, disconnect: pci_tsm_disconnect });
}

/** Registers a TSM driver: it gets every device that is there. */
export function pci_tsm_core_register(kernel: Kernel, devices: readonly pci_dev[], ops: pci_tsm_ops): void {
  const rwsem = new RwLock(kernel, "pci_tsm_rwsem");
  for (const pdev of devices) pci_tsm_init(kernel, pdev, ops, rwsem);
}

/** Makes the secure link to the device. Nothing to do when it is there; -EINTR, or what the driver answers. */
export function* pci_tsm_connect(tsm: pci_tsm): Task<number> {
  let rc = yield* tsm.lock.lockInterruptible();
  if (rc !== 0) return rc;
  if (tsm.state !== "PCI_TSM_CONNECT") {
    rc = yield* tsm.ops.connect(tsm.pdev);
    if (rc === 0) tsm.state = "PCI_TSM_CONNECT";
  }
  tsm.lock.unlock();
  return rc;
}

/** Takes the link down; a bound interface is unbound first. Returns 0, or -EINTR after unbinding. */
export function* pci_tsm_disconnect(tsm: pci_tsm): Task<number> {
  yield* unbindLocked(tsm);
  const rc = yield* tsm.lock.lockInterruptible();
  if (rc !== 0) return rc;
  if (tsm.state === "PCI_TSM_CONNECT") {
    yield* tsm.ops.disconnect(tsm.pdev);
    tsm.state = "PCI_TSM_INIT";
  }
  tsm.lock.unlock();
  return 0;
}

/**
 * Binds a device's interface to a VM. Returns -EINVAL without a VM, for a device that no TSM driver took on, or one
 * that is not connected; 0 when it is bound to this VM already and -EBUSY when to another; -ENXIO when the driver
 * cannot bind it. All three functions on a binding return -EINTR when a signal ends the wait for the first lock.
 *
 * The posted driver reports a failure as an error pointer, which the core takes for an interface and would crash on.
 * The model has the driver answer nothing instead, as the core expects.
 *
 * @param tdi_id the device's id in the guest
 */
export function* pci_tsm_bind(pdev: pci_dev, kvm: Kvm | undefined, tdi_id: bigint): Task<number> {
  const { tsm } = pdev;
  if (kvm === undefined || tsm === undefined) return -EINVAL;
  return yield* locked(tsm, -EINVAL, function* () {
    if (tsm.tdi !== undefined) return tsm.tdi.kvm === kvm ? 0 : -EBUSY;
    const tdi = yield* tsm.ops.bind(pdev, kvm, tdi_id);
    if (tdi === undefined) return -ENXIO;
    tsm.tdi = tdi;
    return 0;
  });
}

/** Undoes `pci_tsm_bind`. Returns -EINVAL in the same cases, and 0 when nothing is bound. */
export function* pci_tsm_unbind(pdev: pci_dev): Task<number> {
  const { tsm } = pdev;
  if (tsm === undefined) return -EINVAL;
  let rc = yield* tsm.pci_tsm_rwsem.readLockInterruptible();
  if (rc !== 0) return rc;
  rc = yield* unbindLocked(tsm);
  tsm.pci_tsm_rwsem.readUnlock();
  return rc;
}

/**
 * Hands a guest's request to the driver. Returns -ENODEV when the device has no TSM driver, is not connected or not
 * bound, and -EIO whatever the driver's error was.
 */
export function* pci_tsm_guest_req(pdev: pci_dev, info: tsm_guest_req_info): Task<number> {
  const { tsm } = pdev;
  if (tsm === undefined) return -ENODEV;
  return yield* locked(tsm, -ENODEV, function* () {
    if (tsm.tdi === undefined) return -ENODEV;
    const rc = yield* tsm.ops.guest_req(pdev, info);
    return rc === 0 ? 0 : -EIO;
  });
}

/** Runs with both locks held, if the device is connected. */
function* locked(tsm: pci_tsm, notConnected: number, run: () => Task<number>): Task<number> {
  let rc = yield* tsm.pci_tsm_rwsem.readLockInterruptible();
  if (rc !== 0) return rc;
  yield* tsm.lock.lock();
  rc = tsm.state === "PCI_TSM_CONNECT" ? yield* run() : notConnected;
  tsm.lock.unlock();
  tsm.pci_tsm_rwsem.readUnlock();
  return rc;
}

function* unbindLocked(tsm: pci_tsm): Task<number> {
  yield* tsm.lock.lock();
  const tdi: pci_tdi | undefined = tsm.tdi;
  const connected = tsm.state === "PCI_TSM_CONNECT";
  if (connected && tdi !== undefined) {
    yield* tsm.ops.unbind(tdi);
    tsm.tdi = undefined;
  }
  tsm.lock.unlock();
  return connected ? 0 : -EINVAL;
}
