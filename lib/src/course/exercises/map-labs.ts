// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { boot } from "../../boot.ts";
import type { KernelVariant } from "../../kernel/variant.ts";
import { startRealm, Vmm } from "../../user/vmm.ts";
import { type AssignedDevice, assignDevice } from "../../user/vmm-device.ts";

/** First address of the realm's memory in bytes. */
export const RAM = 0x8000_0000;

/** A VM with a realm, and the device through which its memory can be mapped. */
export interface MapLab {
  readonly vmm: Vmm;
  readonly device: AssignedDevice;
}

/** A realm that runs, with `pages` pages of private memory at `RAM` and the tables for them. */
export function realmWithRam(pages: number, kernel: string | KernelVariant = "rfc-v1"): MapLab {
  const vmm = startRealm(boot({ memory: 256 * PAGE_SIZE, kernel }), { gpa: RAM, size: pages * PAGE_SIZE });
  return { vmm, device: assignDevice(vmm) };
}

/**
 * A realm whose memory was plugged in after it had started: the tables for the range (bytes, end exclusive) do not
 * exist yet.
 *
 * @param memoryPages pages of the machine
 */
export function realmWithoutTables(
  ipaBits: number,
  start_gpa: number,
  end_gpa: number,
  memoryPages = 256,
): MapLab {
  const vmm = new Vmm(boot({ memory: memoryPages * PAGE_SIZE }));
  vmm.createVm(ipaBits);
  vmm.createRealm();
  vmm.activate();
  const gpa = start_gpa - (start_gpa % PAGE_SIZE);
  const size = Math.max(1, Math.ceil((end_gpa - gpa) / PAGE_SIZE)) * PAGE_SIZE;
  vmm.addMemory({ gpa, size });
  return { vmm, device: assignDevice(vmm) };
}
