// SPDX-License-Identifier: MIT

import { paToPfn } from "../../base/address.ts";
import { EFAULT, EINVAL, EIO, ENOMEM } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { RMI_VDEV } from "../../rmm/devices.ts";
import { ARM_CCA_DA_OBJECT_READ, ARM_CCA_DA_OBJECT_SIZE } from "../iommufd/uapi.ts";
import type { Kernel } from "../kernel.ts";
import { rme_register_exit_handlers } from "../kvm/arm64/realm-exit-handlers.ts";
import type { Kvm } from "../kvm/kvm.ts";
import type { Ledger } from "../ledger.ts";
import type { pci_dev, pci_tdi, pci_tsm_ops, tsm_guest_req_info } from "../pci/pci-dev.ts";
import {
  type cca_host_dsc_pf0,
  type cca_host_tdi,
  do_vdev_communicate,
  rme_asign_device,
  rme_create_vdev,
  rme_ide_setup,
  rme_unassign_device,
  rme_unbind_vdev,
} from "./rmm-da.ts";

/** Objects of a device that a realm can ask its host for. @spec Realm Host Interface, device assignment */
const RHI_DA_OBJECT = { CERTIFICATE: 1, MEASUREMENT: 2, INTERFACE_REPORT: 3, VCA: 4 } as const;

/** Bytes of the two requests: a type; a type, padding and an offset. */
const SIZE_REQUEST_BYTES = 4;
const READ_REQUEST_BYTES = 16;

/**
 * The TSM driver for Arm CCA.
 *
 * Left out: of the objects of a device only the certificate has contents; the others are empty.
 *
 * @kernel drivers/virt/coco/arm-cca-host/arm-cca.c (RFC v1)
 */
export class CcaHost implements pci_tsm_ops {
  readonly #kernel: Kernel;
  readonly #devices = new Map<pci_dev, cca_host_dsc_pf0>();
  readonly #interfaces = new Set<cca_host_tdi>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    rme_register_exit_handlers(kernel, (vdev) => this.#exitVdevComm(vdev));
  }

  readonly connect = (pdev: pci_dev): Task<number> => this.#connect(pdev);
  readonly disconnect = (pdev: pci_dev): Task<void> => this.#disconnect(pdev);
  readonly bind = (pdev: pci_dev, kvm: Kvm, tdi_id: bigint): Task<pci_tdi | undefined> =>
    this.#bind(pdev, kvm, tdi_id);
  readonly unbind = (tdi: pci_tdi): Task<void> => this.#unbind(tdi as cca_host_tdi);
  readonly guest_req = (pdev: pci_dev, info: tsm_guest_req_info): Task<number> => this.#guestReq(pdev, info);

  /** Enters what the driver holds: message pages, and the granules of PDEVs and VDEVs. */
  own(ledger: Ledger): void {
    const granules = [...this.#interfaces].map(({ rmm_vdev }) => rmm_vdev);
    for (const { comm, rmm_pdev, aux } of this.#devices.values()) {
      for (const page of [comm.io_params, comm.req_buff, comm.rsp_buff])
        ledger.ownPage(paToPfn(page), 1, "TSM driver: messages to a device");
      granules.push(rmm_pdev, ...aux);
    }
    for (const granule of granules) {
      ledger.ownPage(paToPfn(granule), 1, "TSM driver: PDEV or VDEV of a device");
      ledger.ownGranule(paToPfn(granule));
    }
  }

  *#connect(pdev: pci_dev): Task<number> {
    const dsc = rme_asign_device(this.#kernel, pdev);
    if (typeof dsc === "number") return dsc;
    const result = yield* rme_ide_setup(this.#kernel, dsc);
    if (result === 0) this.#devices.set(pdev, dsc);
    else yield* rme_unassign_device(this.#kernel, dsc);
    return result;
  }

  *#disconnect(pdev: pci_dev): Task<void> {
    const dsc = this.#devices.get(pdev);
    if (dsc === undefined) return;
    this.#devices.delete(pdev);
    yield* rme_unassign_device(this.#kernel, dsc);
  }

  // biome-ignore lint/correctness/useYield: binding makes no call that lets others in.
  *#bind(pdev: pci_dev, kvm: Kvm, tdi_id: bigint): Task<pci_tdi | undefined> {
    const dsc = this.#devices.get(pdev);
    const tdi = dsc === undefined ? undefined : rme_create_vdev(this.#kernel, dsc, kvm, tdi_id);
    if (tdi !== undefined) this.#interfaces.add(tdi);
    return tdi;
  }

  *#unbind(tdi: cca_host_tdi): Task<void> {
    this.#interfaces.delete(tdi);
    yield* rme_unbind_vdev(this.#kernel, tdi);
  }

  /** A realm locks, starts or stops its device: relay messages until that is done. */
  *#exitVdevComm(vdev: number): Task<number> {
    const tdi = [...this.#interfaces].find(({ rmm_vdev }) => rmm_vdev === vdev);
    if (tdi === undefined) this.#kernel.log.warn("a realm exits for a VDEV that the host does not know");
    else yield* do_vdev_communicate(this.#kernel, tdi, RMI_VDEV.READY);
    return 1;
  }

  // biome-ignore lint/correctness/useYield: the requests make no firmware call.
  *#guestReq(pdev: pci_dev, info: tsm_guest_req_info): Task<number> {
    switch (info.type) {
      case ARM_CCA_DA_OBJECT_SIZE:
        return this.#objectSize(pdev, info);
      case ARM_CCA_DA_OBJECT_READ:
        return this.#objectRead(pdev, info);
      default:
        return -EINVAL;
    }
  }

  #objectSize(pdev: pci_dev, info: tsm_guest_req_info): number {
    if (info.req_len !== SIZE_REQUEST_BYTES) return -EINVAL;
    const request = info.mm.copy_from_user(info.req, SIZE_REQUEST_BYTES);
    if (request === undefined) return -EFAULT;
    const object = this.#object(pdev, new DataView(request.buffer).getInt32(0, true));
    if (object === undefined) return -EINVAL;
    // An empty object is no error, but nothing is written either: as posted.
    if (object.length === 0) return 0;
    if (info.resp_len < SIZE_REQUEST_BYTES) return -EINVAL;
    const size = new Uint8Array(SIZE_REQUEST_BYTES);
    new DataView(size.buffer).setInt32(0, object.length, true);
    if (!info.mm.copy_to_user(info.resp, size)) return -EFAULT;
    info.resp_len = SIZE_REQUEST_BYTES;
    return 0;
  }

  #objectRead(pdev: pci_dev, info: tsm_guest_req_info): number {
    if (info.req_len !== READ_REQUEST_BYTES) return -EINVAL;
    const request = info.mm.copy_from_user(info.req, READ_REQUEST_BYTES);
    if (request === undefined) return -EFAULT;
    const view = new DataView(request.buffer);
    const object = this.#object(pdev, view.getInt32(0, true));
    if (object === undefined) return -EINVAL;
    const offset = view.getBigUint64(8, true);
    // The room is computed without a sign, so an offset past the buffer counts as plenty: as posted.
    if (BigInt.asUintN(64, BigInt(info.resp_len) - offset) < BigInt(object.length)) return -ENOMEM;
    if (object.length === 0) return 0;
    if (!info.mm.copy_to_user(info.resp + Number(offset), object)) return -EIO;
    info.resp_len = object.length;
    return 0;
  }

  #object(pdev: pci_dev, type: number): Uint8Array | undefined {
    if (type === RHI_DA_OBJECT.CERTIFICATE) return this.#devices.get(pdev)?.cert_chain;
    const isEmpty =
      type === RHI_DA_OBJECT.MEASUREMENT ||
      type === RHI_DA_OBJECT.INTERFACE_REPORT ||
      type === RHI_DA_OBJECT.VCA;
    return isEmpty ? new Uint8Array(0) : undefined;
  }
}
