// SPDX-License-Identifier: MIT
import type { Host } from "../../../lib/src/boot.ts";
import { readingGuest } from "../../../lib/src/user/guest.ts";
import { Vmm, VmmError } from "../../../lib/src/user/vmm.ts";
import {
  assignDevice,
  bindDevice,
  connectTsm,
  tsmMap,
  unbindDevice,
} from "../../../lib/src/user/vmm-device.ts";
import { GPA, PAGE } from "../../support/vm.ts";

/**
 * The whole life of a realm with a device, through system calls only: set-up with an initial image, the device, the
 * ioctl of the patch, the guest, conversions, and the end. A call that fails ends the VMM as a program ends.
 *
 * @returns what the call that failed returned, "SIGBUS" when there was no page for the program, or "done"
 */
export function story(host: Host): string {
  let outcome = "done";
  try {
    live(host);
  } catch (error) {
    if (error instanceof VmmError) outcome = error.message;
    else if (error instanceof RangeError && error.message.includes("user memory")) outcome = "SIGBUS";
    else throw error;
  }
  host.sys.exit();
  return outcome;
}

function live(host: Host): void {
  const vmm = new Vmm(host);
  vmm.createVm();
  const memory = vmm.addMemory({ gpa: GPA, size: 8 * PAGE });
  const vcpu = vmm.addVcpu(readingGuest([GPA, GPA + 4 * PAGE, GPA + 2 ** 39 + 6 * PAGE], { read: [] }));
  host.user.write(memory.shared, Uint8Array.of(0xaa));
  vmm.createRealm();
  vmm.finalizeVcpus();
  vmm.populate(GPA, 2 * PAGE);
  vmm.activate();
  connectTsm(vmm, "0000:01:00.0");
  const device = assignDevice(vmm);
  bindDevice(vmm, device);
  tsmMap(vmm, device, GPA + 2 * PAGE, GPA + 4 * PAGE);
  vmm.run(vcpu);
  vmm.setShared(GPA + 2 * PAGE, PAGE);
  vmm.punchHole(memory, 4 * PAGE, 2 * PAGE);
  unbindDevice(vmm, device);
}
