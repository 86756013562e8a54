// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { boot } from "../../boot.ts";
import type { PcieFunction } from "../../hw/pcie-function.ts";
import {
  IOMMU_IOAS_MAP,
  IOMMU_IOAS_MAP_FIXED_IOVA,
  IOMMU_IOAS_MAP_READABLE,
  IOMMU_IOAS_MAP_WRITEABLE,
} from "../../kernel/iommufd/uapi.ts";
import { iommu_ioas_map } from "../../kernel/iommufd/uapi-structs.ts";
import { VFIO_DEVICE_ATTACH_IOMMUFD_PT, vfio_device_attach_iommufd_pt } from "../../kernel/vfio/uapi.ts";
import { deviceHardware } from "../../user/driver.ts";
import type { GuestProgram } from "../../user/guest.ts";
import { must, startRealm, type Vmm } from "../../user/vmm.ts";
import type { AssignedDevice } from "../../user/vmm-device.ts";

/** First address of the realm's memory in bytes. */
export const RAM = 0x8000_0000;
const PAGES = 4;

/** A realm with a guest, and a device that is plugged in and nothing more. */
export interface DeviceLab {
  readonly vmm: Vmm;
  readonly pci: PcieFunction;
  /** Runs the guest until it waits. */
  readonly runGuest: () => void;
}

/** A realm that runs with `guest`, four pages of private memory at `RAM`, and so many devices beside it. */
export function realmBesideDevices(guest: GuestProgram, devices = 1): DeviceLab {
  const host = boot({ memory: 512 * PAGE_SIZE, devices });
  const vmm = startRealm(host, { gpa: RAM, size: PAGES * PAGE_SIZE, programs: [guest] });
  const runGuest = (): void => {
    for (const vcpu of vmm.vcpus) vmm.run(vcpu);
  };
  return { vmm, pci: deviceHardware(host), runGuest };
}

/** Has the host's own stream of a device led through the IOAS, as for any device that is passed through. */
export function attachToIoas(vmm: Vmm, { vfio, ioas_id }: AssignedDevice): void {
  const attach = vfio_device_attach_iommufd_pt({ argsz: 16, pt_id: ioas_id });
  must("VFIO_DEVICE_ATTACH_IOMMUFD_PT", vmm.host.sys.ioctl(vfio, VFIO_DEVICE_ATTACH_IOMMUFD_PT, attach));
}

/** Maps the shared half of the realm's memory into the IOAS, at the guest's addresses. */
export function mapSharedHalf(vmm: Vmm, { iommufd, ioas_id }: AssignedDevice): void {
  const [memory] = vmm.memory;
  const bytes = iommu_ioas_map({
    flags: IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE,
    ioas_id,
    user_va: memory?.shared ?? 0,
    length: memory?.size ?? 0,
    iova: memory?.gpa ?? 0,
  });
  must("IOMMU_IOAS_MAP", vmm.host.sys.ioctl(iommufd, IOMMU_IOAS_MAP, bytes));
}
