// SPDX-License-Identifier: MIT
// The whole path of the patch's ioctl, and how long a boot takes.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { assignDevice, boot, startRealm, tsmMap } from "tsm-map-sim";
import { bytesInUse, median, perSecond } from "./figures.mjs";

const GPA = 0x8000_0000;
const PAGES = 65_536;
const SIZE = PAGES * 4096;
const BOOTS = 5_000;
const WARM_UPS = 12;
const PROCESSES = 7;

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

/** What one process measures: pages a second, bytes a page, and how many of them are tables. */
export function measureMapHere() {
  // Memory first: what earlier runs leave behind is given back at any time, and would be counted.
  const realm = realmWithDevice();
  const before = bytesInUse();
  mapAll(realm);
  const bytes = (bytesInUse() - before) / PAGES;
  // The compiler needs a few runs until it has seen all paths; what is asked for is the speed from then on.
  for (let i = 0; i < WARM_UPS; i++) mapAll(realmWithDevice());
  const rate = perSecond({ units: PAGES, runs: 15, prepare: realmWithDevice, work: mapAll });
  return { rate, bytes, tables: (realm.host.machine.memory.writtenPages * 4096) / PAGES };
}

/**
 * The same in several processes, one after the other: what the compiler makes of the code depends on when it looks, so
 * one process can be half as fast again as the next.
 *
 * @returns {Record<string, import("./figures.mjs").Figure>}
 */
export function measureMap() {
  const script = fileURLToPath(new URL("map-process.mjs", import.meta.url));
  const runs = Array.from({ length: PROCESSES }, () => {
    const run = spawnSync(process.execPath, ["--expose-gc", script], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stderr);
    return /** @type {ReturnType<typeof measureMapHere>} */ (JSON.parse(run.stdout));
  });
  const rates = runs.map(({ rate }) => rate);
  const spread = [Math.min(...rates), Math.max(...rates)].map((rate) => (rate / 1e6).toFixed(2)).join(" to ");
  return {
    "tsmMap.pagesPerSecond": {
      value: median(rates),
      unit: "pages/s",
      note: `whole ioctl, 256 MiB, median of ${PROCESSES} processes with 15 runs each: ${spread} million`,
    },
    "tsmMap.bytesPerPage": {
      value: median(runs.map(({ bytes }) => bytes)),
      unit: "bytes/page",
      note: `${(runs[0]?.tables ?? 0).toFixed(1)} of them are bytes of translation tables`,
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
