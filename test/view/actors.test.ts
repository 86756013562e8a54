// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { boot } from "../../lib/src/boot.ts";
import { deviceHardware } from "../../lib/src/user/driver.ts";
import { type GuestMemory, Vmm } from "../../lib/src/user/vmm.ts";
import { tsmMap } from "../../lib/src/user/vmm-device.ts";
import { showActors } from "../../lib/src/view/actors.ts";
import { runningDevice } from "./device.ts";
import { GPA } from "./realm.ts";
import { expectGoodPicture } from "./svg-checks.ts";

describe("the picture of everybody", () => {
  it("shows a machine that was just switched on", () => {
    const picture = showActors(boot({ memory: 64 * 4096 }));

    expectGoodPicture(picture);
    expect(picture.text).toMatchInlineSnapshot(`
      "Who is there, and who reaches what
      normal world: host kernel, VMM
      realm world: firmware (RMM) with 0 tables, 0 data pages; guest: no VM
      devices: device, TDI state CONFIG_UNLOCKED; SMMU, no realm stream
      memory: 64 non-secure pages, 0 realm pages
      VMM -> host kernel: system calls
      host kernel -> firmware: SMC
      host -> non-secure memory: allowed
      host -> realm memory: not yet: no realm memory
      guest -> realm memory: not yet: no realm runs
      device -> realm memory: not yet: no DMA so far"
    `);
  });

  it("shows a DMA that is refused because nothing is mapped", () => {
    const { host, pci } = runningDevice();
    const picture = showActors(host, { dma: pci.write(GPA, new Uint8Array(8)) });

    expectGoodPicture(picture);
    expect(picture.text).toMatchInlineSnapshot(`
      "Who is there, and who reaches what
      normal world: host kernel, VMM
      realm world: firmware (RMM) with 4 tables, 0 data pages; guest: realm ACTIVE, VMID 1
      devices: device, TDI state RUN; SMMU, stream of the realm
      memory: 100 non-secure pages, 28 realm pages
      VMM -> host kernel: system calls
      host kernel -> firmware: SMC
      host -> non-secure memory: allowed
      host -> realm memory: refused: granule protection fault
      guest -> realm memory: not yet: no RAM page mapped
      device -> realm memory: refused: F_TRANSLATION at level 3"
    `);
  });

  it("shows the same DMA landing after TSM_MAP", () => {
    const { host, vmm, device, pci } = runningDevice();
    tsmMap(vmm, device, GPA, GPA + 4096);
    const { text } = showActors(host, { dma: pci.write(GPA, new Uint8Array(8)) });

    expect(text).toContain("guest -> realm memory: allowed: 1 page\n");
    expect(text).toMatch(/device -> realm memory: allowed: 8 bytes went through$/);
  });

  it("counts the pages that the guest's tables let it use, not those that are out of its reach", () => {
    const { host, vmm, device } = runningDevice();
    tsmMap(vmm, device, GPA, GPA + 3 * 4096);
    // Taken away and mapped again, the address is DESTROYED: a data page stands there, and the guest cannot use it.
    vmm.punchHole(vmm.memory[0] as GuestMemory, 0, 4096);
    tsmMap(vmm, device, GPA, GPA + 4096);
    const { text } = showActors(host);

    expect(text).toContain("4 tables, 3 data pages");
    expect(text).toContain("guest -> realm memory: allowed: 2 pages\n");
  });

  it("tells a DMA that lands in the host's memory from one into the realm's", () => {
    const { host, pci } = runningDevice();
    const { text } = showActors(host, { dma: pci.write(GPA, new Uint8Array(8), false) });

    expect(text).toMatch(/^device -> non-secure memory: refused: /m);
  });

  it("asks the hardware about the host's access, and transfers nothing", () => {
    const { host } = runningDevice();
    const events = host.trace.record(() => {
      expect(showActors(host).text).toContain("host -> realm memory: refused: granule protection fault");
    });

    expect(events).toEqual([]);
  });

  it("shows a VM that is no realm yet, and a host without devices", () => {
    const host = boot({ memory: 64 * 4096, devices: 0 });
    new Vmm(host).createVm();
    const { text } = showActors(host);

    expect(text).toContain("guest: VM without a realm");
    expect(text).toContain("device -> realm memory: not yet: no device");
    expect(() => deviceHardware(host)).toThrow("there is no device 0");
  });
});
