// SPDX-License-Identifier: MIT
import {
  boot, deviceHardware, dmaOutcome, IOMMU_VDEVICE_TSM_MAP, iommu_vdevice_tsm_map, realmWithDevice, showActors,
} from "tsm-map-sim";

// A machine, a VM whose memory the host cannot read, and a device that the guest trusts.
const host = boot({ memory: 0x10_0000 });
const { device } = realmWithDevice(host, { gpa: 0x8000_0000, size: 0x4000 });
const hardware = deviceHardware(host);
const hello = new TextEncoder().encode("hello");

// The device writes to the guest's memory, which nobody has mapped yet.
console.log("DMA, first try:", dmaOutcome(hardware.write(0x8000_0000, hello)));

// The patch's ioctl, for four pages. Then the device writes again.
const { vdevice_id, iommufd } = device;
const range = iommu_vdevice_tsm_map({ vdevice_id, start_gpa: 0x8000_0000, end_gpa: 0x8000_4000 });
console.log("ioctl:", host.sys.ioctl(iommufd, IOMMU_VDEVICE_TSM_MAP, range));
const dma = hardware.write(0x8000_0000, hello);
console.log("DMA, once more:", dmaOutcome(dma));
showActors(host, { dma });
