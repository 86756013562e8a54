// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { boot, type Host } from "../../boot.ts";
import { sweep } from "../../explore/fault-sweep.ts";
import type { InjectionKind } from "../../kernel/fault-injection.ts";
import type { KernelVariant } from "../../kernel/variant.ts";
import { Vmm } from "../../user/vmm.ts";
import { assignDevice, tsmMap } from "../../user/vmm-device.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { type MapLab, RAM } from "./map-labs.ts";

/** A realm whose memory at `RAM` was plugged in after it had started, so that no table for it exists. */
export function lateRealm(ipaBits: number, pages: number, kernel: string | KernelVariant = "rfc-v1"): MapLab {
  const vmm = new Vmm(boot({ memory: 256 * PAGE_SIZE, kernel }));
  vmm.createVm(ipaBits);
  vmm.createRealm();
  vmm.activate();
  vmm.addMemory({ gpa: RAM, size: pages * PAGE_SIZE });
  return { vmm, device: assignDevice(vmm) };
}

/** Which pages of the memory at `RAM` are mapped, by their place. */
export function mappedOf(host: Host, pages: number): number[] {
  return mappedPages(host, RAM, RAM + pages * PAGE_SIZE).map((gpa) => (gpa - RAM) / PAGE_SIZE);
}

/** Maps all pages of a late realm once for each failure of a kind; one entry for each, from the first. */
export function sweepMap<T>(
  kind: InjectionKind,
  [ipaBits, pages]: readonly [ipaBits: number, pages: number],
  told: (lab: MapLab, result: number) => T,
): T[] {
  const on: { lab?: MapLab } = {};
  const prepare = (): Host => {
    on.lab = lateRealm(ipaBits, pages);
    return on.lab.vmm.host;
  };
  const run = (): T => {
    const lab = on.lab as MapLab;
    return told(lab, tsmMap(lab.vmm, lab.device, RAM, RAM + pages * PAGE_SIZE));
  };
  return sweep(kind, prepare, run).map(({ outcome }) => outcome);
}
