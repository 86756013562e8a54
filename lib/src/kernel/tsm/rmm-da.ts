// SPDX-License-Identifier: MIT
import type { Pa } from "../../base/address.ts";
import { ENOMEM, ENXIO } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { RMI_DEV_COMM, RMI_DEV_COMM_EXIT, rmi_dev_comm_data } from "../../rmm/device-communication.ts";
import {
  RMI_PDEV,
  RMI_PDEV_FLAG,
  RMI_SIG,
  RMI_VDEV,
  rmi_pdev_params,
  rmi_public_key_params,
  rmi_vdev_params,
} from "../../rmm/devices.ts";
import { RMI_SUCCESS } from "../../rmm/status.ts";
import type { Kernel } from "../kernel.ts";
import { rmiPoint } from "../kvm/arm64/rmi-cmds.ts";
import { free_delegated_granule } from "../kvm/arm64/rtt-levels.ts";
import type { Kvm } from "../kvm/kvm.ts";
import type { pci_dev, pci_tdi } from "../pci/pci-dev.ts";
import { allocDelegated, free_page, get_zeroed_page, hostPage, NO_MEMORY } from "./granule-pages.ts";
import * as rmi from "./rmi-da-cmds.ts";

/**
 * How the Arm driver has the RMM deal with a device: the PDEV of the physical function, the VDEV of an interface
 * that is bound to a realm, and the relaying of messages between RMM and device.
 *
 * Left out: IDE streams, the parsing of certificates (the model's certificate is the bare key), workqueues.
 *
 * @kernel drivers/virt/coco/arm-cca-host/rmm-da.c (RFC v1, patches 13 to 26 of 38)
 */

/** The pages through which messages pass. @kernel struct cca_host_comm_data */
interface CommData {
  readonly io_params: Pa;
  readonly req_buff: Pa;
  readonly rsp_buff: Pa;
}

/** What the driver keeps for a connected device. @kernel struct cca_host_dsc_pf0 */
export interface cca_host_dsc_pf0 {
  readonly pdev: pci_dev;
  readonly comm: CommData;
  readonly rmm_pdev: Pa;
  readonly aux: readonly Pa[];
  /** The device's certificate, kept while it was exchanged. */
  cert_chain: Uint8Array;
}

/** What the driver keeps for a bound interface. @kernel struct cca_host_tdi */
export interface cca_host_tdi extends pci_tdi {
  readonly rmm_vdev: Pa;
  readonly dsc: cca_host_dsc_pf0;
}

const RMI_HASH_SHA_256 = 0;

/**
 * Makes the PDEV. Returns what it takes to talk to the device, or -ENOMEM, or -ENXIO when the firmware refuses;
 * then nothing is left behind.
 */
export function rme_asign_device(kernel: Kernel, pdev: pci_dev): cca_host_dsc_pf0 | number {
  const comm = allocCommData(kernel);
  if (comm === undefined) return -ENOMEM;
  const made = createPdev(kernel, pdev);
  if (typeof made === "number") {
    freeCommData(kernel, comm);
    return made;
  }
  return { pdev, comm, ...made, cert_chain: new Uint8Array(0) };
}

function createPdev(kernel: Kernel, pdev: pci_dev): { readonly rmm_pdev: Pa; readonly aux: Pa[] } | number {
  const flags = RMI_PDEV_FLAG.SPDM | RMI_PDEV_FLAG.IDE;
  if (rmi.rmi_pdev_aux_count(kernel, flags) !== RMI_SUCCESS) return -ENXIO;
  const granules: Pa[] = [];
  for (let left = 1 + kernel.rmm.out.x1; left > 0; left--) {
    const granule = allocDelegated(kernel);
    if (granule !== NO_MEMORY) granules.push(granule);
    else return giveUp(kernel, granules, -ENOMEM);
  }
  const params = get_zeroed_page(kernel);
  if (params === NO_MEMORY) return giveUp(kernel, granules, -ENOMEM);
  const [rmm_pdev = NO_MEMORY, ...aux] = granules;
  hostPage(kernel, params).set(
    rmi_pdev_params({
      flags,
      pdev_id: pdev.devid,
      rid_base: pdev.devid,
      rid_top: pdev.devid + 1,
      hash_algo: RMI_HASH_SHA_256,
      num_aux: aux.length,
      aux_granule: aux.map(BigInt),
    }),
  );
  const result = rmi.rmi_pdev_create(kernel, rmm_pdev, params);
  free_page(kernel, params);
  return result === RMI_SUCCESS ? { rmm_pdev, aux } : giveUp(kernel, granules, -ENXIO);
}

function giveUp(kernel: Kernel, granules: readonly Pa[], error: number): number {
  for (const granule of granules) free_delegated_granule(kernel, granule);
  return error;
}

/** Has firmware and device get to know each other and set up the secure link. Returns 0 or -ENXIO. */
export function* rme_ide_setup(kernel: Kernel, dsc: cca_host_dsc_pf0): Task<number> {
  if ((yield* do_pdev_communicate(kernel, dsc, RMI_PDEV.NEEDS_KEY)) !== RMI_PDEV.NEEDS_KEY) return -ENXIO;
  const rejected = setPublicKey(kernel, dsc);
  if (rejected !== 0) return rejected;
  return (yield* do_pdev_communicate(kernel, dsc, RMI_PDEV.READY)) === RMI_PDEV.READY ? 0 : -ENXIO;
}

function setPublicKey(kernel: Kernel, dsc: cca_host_dsc_pf0): number {
  const params = get_zeroed_page(kernel);
  if (params === NO_MEMORY) return -ENOMEM;
  const { cert_chain: public_key } = dsc;
  hostPage(kernel, params).set(
    rmi_public_key_params({
      public_key,
      public_key_len: public_key.length,
      rmi_signature_algorithm: RMI_SIG.ECDSA_P384,
    }),
  );
  const result = rmi.rmi_pdev_set_pubkey(kernel, dsc.rmm_pdev, params);
  free_page(kernel, params);
  return result === RMI_SUCCESS ? 0 : -ENXIO;
}

/** Takes the link down and the PDEV apart. If the firmware refuses, its granules stay with it. */
export function* rme_unassign_device(kernel: Kernel, dsc: cca_host_dsc_pf0): Task<void> {
  const { rmm_pdev, aux, comm } = dsc;
  let result = rmi.rmi_pdev_stop(kernel, rmm_pdev);
  if (result === RMI_SUCCESS) {
    yield* do_pdev_communicate(kernel, dsc, RMI_PDEV.STOPPED);
    result = rmi.rmi_pdev_destroy(kernel, rmm_pdev);
  }
  freeCommData(kernel, comm);
  if (result === RMI_SUCCESS) giveUp(kernel, [rmm_pdev, ...aux], 0);
  else kernel.log.warn("rme_unassign_device: the firmware refused, the PDEV is leaked");
}

/**
 * Makes the VDEV: from now on the device's trusted DMA goes through the realm's tables. `undefined` when there is no
 * memory or the firmware refuses.
 *
 * @param tdi_id the device's id in the guest
 */
export function rme_create_vdev(
  kernel: Kernel,
  dsc: cca_host_dsc_pf0,
  kvm: Kvm,
  tdi_id: bigint,
): cca_host_tdi | undefined {
  const rmm_vdev = allocDelegated(kernel);
  if (rmm_vdev === NO_MEMORY) return undefined;
  const params = get_zeroed_page(kernel);
  let created = false;
  if (params !== NO_MEMORY) {
    const vdev_id = BigInt.asUintN(32, tdi_id);
    hostPage(kernel, params).set(rmi_vdev_params({ vdev_id, tdi_id: dsc.pdev.devid }));
    created = rmi.rmi_vdev_create(kernel, kvm.arch.realm.rd, dsc.rmm_pdev, rmm_vdev, params) === RMI_SUCCESS;
    free_page(kernel, params);
  }
  if (created) return { pdev: dsc.pdev, kvm, rmm_vdev, dsc };
  free_delegated_granule(kernel, rmm_vdev);
  return undefined;
}

/**
 * Ends a binding. If the firmware refuses one of the steps, the VDEV stays with it.
 *
 * The posted driver never gives the VDEV's granule back; the model does, or every binding would leak a page.
 */
export function* rme_unbind_vdev(kernel: Kernel, tdi: cca_host_tdi): Task<void> {
  const { rmm_vdev, dsc, kvm } = tdi;
  if (rmi.rmi_vdev_stop(kernel, rmm_vdev) !== RMI_SUCCESS) {
    kernel.log.info("rme_unbind_vdev: failed to stop the VDEV, it is leaked");
    return;
  }
  const state = yield* do_vdev_communicate(kernel, tdi, RMI_VDEV.STOPPED);
  if (state !== RMI_VDEV.STOPPED) kernel.log.warn("rme_unbind_vdev: the VDEV did not stop");
  if (rmi.rmi_vdev_destroy(kernel, kvm.arch.realm.rd, dsc.rmm_pdev, rmm_vdev) !== RMI_SUCCESS) {
    kernel.log.info("rme_unbind_vdev: failed to destroy the VDEV, it is leaked");
    return;
  }
  free_delegated_granule(kernel, rmm_vdev);
}

/** Relays messages of a PDEV until it is in a state, or in error. Answers the state, or -1 if a call failed. */
function do_pdev_communicate(kernel: Kernel, dsc: cca_host_dsc_pf0, target: number): Task<number> {
  return do_dev_communicate(kernel, dsc, target, RMI_PDEV.ERROR, "RMI_PDEV_COMMUNICATE", {
    communicate: () => rmi.rmi_pdev_communicate(kernel, dsc.rmm_pdev, dsc.comm.io_params),
    getState: () => rmi.rmi_pdev_get_state(kernel, dsc.rmm_pdev),
  });
}

/** The same for a VDEV. */
export function do_vdev_communicate(kernel: Kernel, tdi: cca_host_tdi, target: number): Task<number> {
  const { dsc, rmm_vdev } = tdi;
  return do_dev_communicate(kernel, dsc, target, RMI_VDEV.ERROR, "RMI_VDEV_COMMUNICATE", {
    communicate: () => rmi.rmi_vdev_communicate(kernel, dsc.rmm_pdev, rmm_vdev, dsc.comm.io_params),
    getState: () => rmi.rmi_vdev_get_state(kernel, rmm_vdev),
  });
}

interface DeviceCalls {
  readonly communicate: () => number;
  readonly getState: () => number;
}

function* do_dev_communicate(
  kernel: Kernel,
  dsc: cca_host_dsc_pf0,
  target: number,
  error: number,
  command: string,
  calls: DeviceCalls,
): Task<number> {
  const page = hostPage(kernel, dsc.comm.io_params);
  rmi_dev_comm_data.set(page, "status", RMI_DEV_COMM.NONE);
  rmi_dev_comm_data.set(page, "req_addr", dsc.comm.req_buff);
  rmi_dev_comm_data.set(page, "resp_addr", dsc.comm.rsp_buff);
  rmi_dev_comm_data.set(page, "resp_len", 0);
  for (;;) {
    if (kernel.scheduling.preemptible) yield rmiPoint(command);
    if (calls.communicate() !== RMI_SUCCESS) return -1;
    relay(kernel, dsc, page);
    if (calls.getState() !== RMI_SUCCESS) return -1;
    const state = kernel.rmm.out.x1;
    if (state === target || state === error) return state;
  }
}

/** Does what the firmware asks for: keeps part of the device's response, and sends the next request. */
function relay(kernel: Kernel, dsc: cca_host_dsc_pf0, page: Uint8Array): void {
  const exit = rmi_dev_comm_data.decode(page);
  const flags = Number(exit.flags);
  if ((flags & RMI_DEV_COMM_EXIT.CACHE_RSP) !== 0) {
    const start = Number(exit.cache_rsp_offset);
    const response = hostPage(kernel, dsc.comm.rsp_buff);
    dsc.cert_chain = response.slice(start, start + Number(exit.cache_rsp_len));
  }
  if ((flags & RMI_DEV_COMM_EXIT.SEND) === 0) {
    rmi_dev_comm_data.set(page, "resp_len", 0);
    return;
  }
  const request = hostPage(kernel, dsc.comm.req_buff).slice(0, Number(exit.req_len));
  const response = kernel.machine.functions.get(dsc.pdev.devid)?.exchange(request);
  if (response !== undefined) hostPage(kernel, dsc.comm.rsp_buff).set(response);
  const status = response === undefined ? RMI_DEV_COMM.ERROR : RMI_DEV_COMM.RESPONSE;
  rmi_dev_comm_data.set(page, "status", status);
  rmi_dev_comm_data.set(page, "resp_len", response?.length ?? 0);
}

function allocCommData(kernel: Kernel): CommData | undefined {
  const pages = [get_zeroed_page(kernel), get_zeroed_page(kernel), get_zeroed_page(kernel)];
  const [io_params = NO_MEMORY, req_buff = NO_MEMORY, rsp_buff = NO_MEMORY] = pages;
  if (!pages.includes(NO_MEMORY)) return { io_params, req_buff, rsp_buff };
  for (const page of pages) if (page !== NO_MEMORY) free_page(kernel, page);
  return undefined;
}

function freeCommData(kernel: Kernel, { io_params, req_buff, rsp_buff }: CommData): void {
  for (const page of [io_params, req_buff, rsp_buff]) free_page(kernel, page);
}
