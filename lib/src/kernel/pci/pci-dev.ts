// SPDX-License-Identifier: MIT
import type { Task } from "../../base/task.ts";
import type { Kvm } from "../kvm/kvm.ts";
import type { Mutex, RwLock } from "../mm/locks.ts";
import type { UserMemory } from "../mm/user-memory.ts";

/** Where the Non-secure DMA of a device leads: a physical address in bytes, or `undefined` for a fault. */
export interface StreamDomain {
  translate(iova: number, write: boolean): number | undefined;
}

/**
 * A function of a PCI device.
 *
 * Left out: configuration space, BARs, interrupts, virtual functions.
 *
 * @kernel include/linux/pci.h struct pci_dev
 */
export interface pci_dev {
  /** Domain, bus, device and function, such as "0000:01:00.0". */
  readonly name: string;
  /** Requester id: bus in bits 15:8, device and function below. @kernel pci_dev_id() */
  readonly devid: number;
  /** The IOMMU that its DMA goes through. Devices behind the same one have the same. */
  readonly iommu_dev: object;
  /** The device can be a TDISP interface (PCI_EXP_DEVCAP_TEE). */
  readonly tee: boolean;
  /** What the TSM core knows of it, once a TSM driver took it on. */
  tsm: pci_tsm | undefined;
  /** Owner of its DMA: nobody but this one may attach domains. @kernel iommu_group->owner */
  dma_owner: object | undefined;
  /** Makes the SMMU use a domain for the device's Non-secure stream; none blocks its DMA. */
  setDomain(domain: StreamDomain | undefined): void;
}

/** How far a device's link to the TSM is. @kernel include/linux/pci-tsm.h enum pci_tsm_state */
export type pci_tsm_state = "PCI_TSM_INIT" | "PCI_TSM_CONNECT";

/**
 * What the TSM core keeps for a physical function 0, the only kind of function that is modelled: it is its own
 * device security manager.
 *
 * @kernel include/linux/pci-tsm.h struct pci_tsm_pf0
 */
export interface pci_tsm {
  readonly pdev: pci_dev;
  /** The driver that took the device on. */
  readonly ops: pci_tsm_ops;
  /** Keeps the driver from leaving. */
  readonly pci_tsm_rwsem: RwLock;
  readonly lock: Mutex;
  state: pci_tsm_state;
  /** The interface, while it is bound to a VM. */
  tdi: pci_tdi | undefined;
}

/** A device interface that is bound to a VM. @kernel include/linux/pci-tsm.h struct pci_tdi */
export interface pci_tdi {
  readonly pdev: pci_dev;
  readonly kvm: Kvm;
}

/** A guest's request to the TSM. Addresses are user addresses, lengths bytes. @kernel include/linux/tsm.h */
export interface tsm_guest_req_info {
  readonly mm: UserMemory;
  readonly type: number;
  readonly type_info: number;
  readonly type_info_len: number;
  readonly req: number;
  readonly req_len: number;
  readonly resp: number;
  /** Room for the response; afterwards its length. */
  resp_len: number;
}

/**
 * What a TSM driver does for the core. Results are 0 or a negative errno.
 *
 * @kernel include/linux/pci-tsm.h
 */
export interface pci_tsm_ops {
  readonly connect: (pdev: pci_dev) => Task<number>;
  readonly disconnect: (pdev: pci_dev) => Task<void>;
  /** The bound interface, or `undefined` when it could not be bound. */
  readonly bind: (pdev: pci_dev, kvm: Kvm, tdi_id: bigint) => Task<pci_tdi | undefined>;
  readonly unbind: (tdi: pci_tdi) => Task<void>;
  readonly guest_req: (pdev: pci_dev, info: tsm_guest_req_info) => Task<number>;
}
