// SPDX-License-Identifier: MIT
// The whole path of the patch's ioctl, and how long a boot takes.
import { assignDevice, boot, startRealm, tsmMap } from "tsm-map-sim";
import { bytesInUse, perSecond } from "./figures.mjs";

const GPA = 0x8000_0000;
const PAGES = 65_536;
const SIZE = PAGES * 4096;
const BOOTS = 5_000;
const WARM_UPS = 12;

/** A realm with 256 MiB and a device, and nothing mapped. */
function realmWithDevice() {
  const host = boot({ memory: 2 * SIZE });
  const vmm = startRealm(host, { gpa: GPA, size: SIZE });
  return { host, vmm, device: assignDevice(vmm) };
}

/** @param {ReturnType<typeof realmWithDevice>} realm */
function mapAll({ vmm, device }) {
  const result = tsmMap(vmm, device, GPA, GPA + SIZE);
  if (result !== 0) throw new Error(`IOMMU_VDEVICE_TSM_MAP returned ${result}`);
}

/** @returns {Record<string, import("./figures.mjs").Figure>} */
export function measureMap() {
  // Memory first: what earlier runs leave behind is given back at any time, and would be counted.
  const realm = realmWithDevice();
  const before = bytesInUse();
  mapAll(realm);
  const bytes = (bytesInUse() - before) / PAGES;
  // The compiler needs a few runs until it has seen all paths; what is asked for is the speed from then on.
  for (let i = 0; i < WARM_UPS; i++) mapAll(realmWithDevice());
  const rate = perSecond({ units: PAGES, runs: 15, prepare: realmWithDevice, work: mapAll });
  const tables = (realm.host.machine.memory.writtenPages * 4096) / PAGES;
  return {
    "tsmMap.pagesPerSecond": { value: rate, unit: "pages/s", note: "whole ioctl, 256 MiB, median of 15" },
    "tsmMap.bytesPerPage": {
      value: bytes,
      unit: "bytes/page",
      note: `${tables.toFixed(1)} of them are bytes of translation tables`,
    },
  };
}

/** @returns {Record<string, import("./figures.mjs").Figure>} */
export function measureBoot() {
  const rate = perSecond({
    units: BOOTS,
    runs: 5,
    prepare: () => undefined,
    work: () => {
      for (let i = 0; i < BOOTS; i++) boot({ memory: 64 * 4096 });
    },
  });
  return { "boot.perSecond": { value: rate, unit: "boots/s", note: "64 pages, one device, median of 5" } };
}
