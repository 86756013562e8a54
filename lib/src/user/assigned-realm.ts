// SPDX-License-Identifier: MIT
import type { Host } from "../boot.ts";
import { acceptDevice } from "./driver.ts";
import type { GuestProgram } from "./guest.ts";
import { must, startRealm, type Vmm } from "./vmm.ts";
import {
  type AssignedDevice,
  assignDevice,
  bindDevice,
  connectTsm,
  VIRTUAL_DEVICE_ID,
} from "./vmm-device.ts";

/** A realm that runs, and a device that its guest has accepted. */
export interface AssignedRealm {
  readonly vmm: Vmm;
  readonly device: AssignedDevice;
}

/** A guest that accepts its device and then waits. */
function* acceptingGuest(): GuestProgram {
  yield* acceptDevice(VIRTUAL_DEVICE_ID);
  return undefined;
}

/**
 * Everything that comes before the ioctl: a realm with memory (bytes) that runs, a device connected, assigned, bound
 * and accepted by the guest. No page is mapped.
 *
 * @param options `guest` runs instead of one that accepts the device and then waits; it has to accept it
 * @example
 * ```ts
 * const { vmm, device } = realmWithDevice(boot(), { gpa: 0x8000_0000, size: 8 * 4096 });
 * tsmMap(vmm, device, 0x8000_0000, 0x8000_8000); // 0
 * ```
 */
export function realmWithDevice(
  host: Host,
  options: { gpa: number; size: number; ipaBits?: number; guest?: GuestProgram },
): AssignedRealm {
  const { guest = acceptingGuest(), ...memory } = options;
  const vmm = startRealm(host, { ...memory, programs: [guest] });
  connectTsm(vmm, "0000:01:00.0");
  const device = assignDevice(vmm);
  must("IOMMU_VDEVICE_TSM_OP", bindDevice(vmm, device));
  for (const vcpu of vmm.vcpus) vmm.run(vcpu);
  return { vmm, device };
}
