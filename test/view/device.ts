// SPDX-License-Identifier: MIT
import { boot, type Host } from "../../lib/src/boot.ts";
import type { PcieFunction } from "../../lib/src/hw/pcie-function.ts";
import { acceptDevice, deviceHardware } from "../../lib/src/user/driver.ts";
import type { GuestProgram } from "../../lib/src/user/guest.ts";
import { startRealm, type Vmm } from "../../lib/src/user/vmm.ts";
import {
  type AssignedDevice,
  assignDevice,
  bindDevice,
  connectTsm,
  VIRTUAL_DEVICE_ID,
} from "../../lib/src/user/vmm-device.ts";
import { GPA } from "./realm.ts";

/** A host on which a realm of eight pages owns a device. */
export interface Bound {
  readonly host: Host;
  readonly vmm: Vmm;
  readonly device: AssignedDevice;
  readonly pci: PcieFunction;
}

function* guest(): GuestProgram {
  yield* acceptDevice(VIRTUAL_DEVICE_ID);
  return undefined;
}

/** A small host whose device is connected, taken over by the VMM, and bound to the realm. Nothing is mapped. */
export function boundDevice(): Bound {
  const host = boot({ memory: 128 * 4096 });
  const vmm = startRealm(host, { gpa: GPA, size: 8 * 4096, programs: [guest()] });
  connectTsm(vmm, "0000:01:00.0");
  const device = assignDevice(vmm);
  bindDevice(vmm, device);
  return { host, vmm, device, pci: deviceHardware(host) };
}

/** The same, after the realm has locked and started the device. */
export function runningDevice(): Bound {
  const bound = boundDevice();
  for (const vcpu of bound.vmm.vcpus) bound.vmm.run(vcpu);
  return bound;
}
