// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../base/address.ts";
import { boot, type Host } from "../boot.ts";
import type { PcieFunction } from "../hw/pcie-function.ts";
import type { File } from "../kernel/fs/file.ts";
import type { Iommufd, iommufd_ctx } from "../kernel/iommufd/object-table.ts";
import { type GmemInode, gmemOf } from "../kernel/kvm/gmem-inode.ts";
import type { Kvm } from "../kernel/kvm/kvm.ts";
import { VFIO_DEVICE_ATTACH_IOMMUFD_PT, vfio_device_attach_iommufd_pt } from "../kernel/vfio/uapi.ts";
import { deviceHardware } from "../user/driver.ts";
import { type GuestMemory, must, Vmm } from "../user/vmm.ts";
import { type AssignedDevice, assignDevice, bindDevice, connectTsm } from "../user/vmm-device.ts";
import type { Design, GpaRange, VmmHands, VmmMoves } from "./design.ts";
import { OrderedGuest } from "./ordered-guest.ts";

/** Where the memory of the guest begins, in bytes. */
const GPA = 0x8000_0000;
/** Pages of the guest, and how many of them are private at first. */
const PAGES = 8;
const PRIVATE_PAGES = 4;
/** Width of the guest's addresses. Tables of two levels: unmapping a page tries one fold, and not hundreds. */
const IPA_BITS = 33;
/** DRAM of the host, in pages. */
const HOST_PAGES = 1024;

/** All of the guest's memory, the part that is private at first, and the part that is shared. */
export const ALL_MEMORY: GpaRange = { start: GPA, end: GPA + PAGES * PAGE_SIZE };
export const PRIVATE_MEMORY: GpaRange = { start: GPA, end: GPA + PRIVATE_PAGES * PAGE_SIZE };
export const SHARED_MEMORY: GpaRange = { start: PRIVATE_MEMORY.end, end: ALL_MEMORY.end };

/** A page of the guest's memory, counted from 0. */
export function guestPage(page: number): GpaRange {
  return { start: GPA + page * PAGE_SIZE, end: GPA + (page + 1) * PAGE_SIZE };
}

/** The stage for every design: a realm with 8 pages, 4 of them private, and a device that it has accepted. */
export class Setting implements VmmHands {
  readonly design: Design;
  readonly host: Host;
  readonly vmm: Vmm;
  readonly guest: OrderedGuest = new OrderedGuest();
  readonly moves: VmmMoves;
  readonly memory: GuestMemory;
  readonly device: AssignedDevice;
  readonly hardware: PcieFunction;
  /** The kernel's records, which stay at hand after the descriptors are closed. */
  readonly kvm: Kvm;
  readonly inode: GmemInode;
  readonly iommufd: Iommufd;
  /** Pages that are shared, as the VMM knows it. */
  readonly #shared = new Set<number>();

  /** Builds the stage up to the point where the device is bound and accepted. Nothing is mapped for it yet. */
  constructor(design: Design, host: Host) {
    this.design = design;
    this.host = host;
    const vmm = new Vmm(host);
    this.vmm = vmm;
    vmm.createVm(IPA_BITS);
    this.moves = design.moves(this);
    this.memory = this.moves.addMemory(ALL_MEMORY);
    for (let page = PRIVATE_PAGES; page < PAGES; page++) this.#shared.add(page);
    must("declaring memory private", this.moves.declarePrivate(PRIVATE_MEMORY));
    vmm.addVcpu(this.guest.program());
    vmm.createRealm();
    vmm.finalizeVcpus();
    must("what comes before activation", this.moves.beforeActivate(PRIVATE_MEMORY));
    vmm.activate();
    connectTsm(vmm, "0000:01:00.0");
    this.device = assignDevice(vmm);
    attachToDomain(vmm, this.device);
    must("IOMMU_VDEVICE_TSM_OP", bindDevice(vmm, this.device));
    this.hardware = deviceHardware(host);
    this.kvm = this.#file(vmm.vm).private_data as Kvm;
    this.inode = gmemOf(this.#file(this.memory.guestMemfd)).inode;
    this.iommufd = (this.#file(this.device.iommufd).private_data as iommufd_ctx).iommufd;
    this.runGuest();
  }

  #file(fd: number): File {
    return this.host.process.task.file(fd) as File;
  }

  /** Lets the device reach the memory, as the design does it. */
  startUp(): number {
    return this.moves.startUp(PRIVATE_MEMORY, SHARED_MEMORY);
  }

  /**
   * Runs the guest until it has nothing to do. What it asks for is granted the way of the design; a page that is
   * already as the guest wants it is left alone.
   *
   * @returns 0, or the first errno that a conversion came back with
   */
  runGuest(): number {
    let result = 0;
    for (const vcpu of this.vmm.vcpus) {
      this.vmm.run(vcpu, (address, size, toPrivate) => {
        const page = (address - GPA) / PAGE_SIZE;
        if (this.#shared.has(page) !== toPrivate) return;
        if (toPrivate) this.#shared.delete(page);
        else this.#shared.add(page);
        const converted = this.moves.convert({ start: address, end: address + size }, toPrivate);
        if (result === 0) result = converted;
      });
    }
    return result;
  }

  /** The guest asks for a page to become private or shared, and gets it. */
  convert(page: number, toPrivate: boolean): number {
    this.guest.convert(guestPage(page), toPrivate);
    return this.runGuest();
  }

  /** The guest stores to a private page. One that it has lost it asks for again first. */
  touch(page: number): void {
    this.guest.convert(guestPage(page), true);
    this.guest.touch(guestPage(page), PAGE_SIZE);
    this.runGuest();
  }
}

/** Boots the host of a design, with everything that the design adds to it. */
export function designHost(design: Design): Host {
  const host = boot({ memory: HOST_PAGES * PAGE_SIZE, ...design.boot });
  design.extend(host);
  return host;
}

/** DMA that is not marked as trusted goes through the host's domain. */
function attachToDomain(vmm: Vmm, { vfio, hwpt_id }: AssignedDevice): void {
  const attach = vfio_device_attach_iommufd_pt({ pt_id: hwpt_id });
  must("VFIO_DEVICE_ATTACH_IOMMUFD_PT", vmm.host.sys.ioctl(vfio, VFIO_DEVICE_ATTACH_IOMMUFD_PT, attach));
}
