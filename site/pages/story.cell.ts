// SPDX-License-Identifier: MIT
import {
  boot, deviceHardware, dmaOutcome, IOMMU_VDEVICE_TSM_MAP, iommu_vdevice_tsm_map, realmWithDevice, showActors,
} from "tsm-map-sim";

// A machine, a VM whose memory the host cannot read, and a device that the guest trusts.
const host = boot({ memory: 0x10_0000 });
const { device } = realmWithDevice(host, { gpa: 0x8000_0000, size: 0x4000 });
const hardware = deviceHardware(host);
const message = new TextEncoder().encode("hello");

// The device writes to guest memory. Nobody has mapped it yet.
console.log("DMA, first try:", dmaOutcome(hardware.write(0x8000_0000, message)));

// The ioctl of the patch: four pages, 32 bytes of arguments.
const range = iommu_vdevice_tsm_map({
  start_gpa: 0x8000_0000, end_gpa: 0x8000_4000, vdevice_id: device.vdevice_id,
});
console.log("the ioctl returns:", host.sys.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, range));

const dma = hardware.write(0x8000_0000, message);
console.log("DMA, once more:", dmaOutcome(dma));
showActors(host, { dma });
