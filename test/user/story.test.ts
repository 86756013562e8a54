// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { boot } from "../../lib/src/boot.ts";
import { realmWithDevice } from "../../lib/src/user/assigned-realm.ts";
import { acceptDevice, deviceHardware, dmaOutcome } from "../../lib/src/user/driver.ts";
import type { GuestNotebook, GuestProgram } from "../../lib/src/user/guest.ts";
import { readingGuest } from "../../lib/src/user/guest.ts";
import type { Vmm } from "../../lib/src/user/vmm.ts";
import {
  type AssignedDevice,
  tsmMap,
  unbindDevice,
  VIRTUAL_DEVICE_ID,
} from "../../lib/src/user/vmm-device.ts";
import { auditedHost } from "../support/host.ts";

const RAM = 0x8000_0000;
const PAGES = 8;
const MESSAGE = new Uint8Array(new BigUint64Array([0x1122_3344_5566_7788n]).buffer);

/** A realm whose guest has accepted its device, and then reads the first word of its memory when it runs. */
function deviceThatRuns(): { vmm: Vmm; device: AssignedDevice; seen: GuestNotebook } {
  const seen: GuestNotebook = { read: [] };
  function* guest(): GuestProgram {
    yield* acceptDevice(VIRTUAL_DEVICE_ID);
    yield { op: "wait" };
    return yield* readingGuest([RAM], seen);
  }
  const host = auditedHost({ memory: 256 * 4096 });
  const { vmm, device } = realmWithDevice(host, { gpa: RAM, size: PAGES * 4096, guest: guest() });
  return { vmm, device, seen };
}

describe("the story of the patch", () => {
  it("begins with a DMA that is refused: the device runs, but nothing is mapped and nobody faults it in", () => {
    const { vmm } = deviceThatRuns();
    const hardware = deviceHardware(vmm.host);

    expect(hardware.tdiState).toBe("RUN");
    expect(dmaOutcome(hardware.write(RAM, MESSAGE))).toMatch(
      /^refused after 0 bytes: F_TRANSLATION at level \d$/,
    );
  });

  it("goes on with one ioctl that maps the pages, and the same DMA lands; the guest reads what came", () => {
    const { vmm, device, seen } = deviceThatRuns();
    const hardware = deviceHardware(vmm.host);

    expect(tsmMap(vmm, device, RAM, RAM + PAGES * 4096)).toBe(0);
    expect(dmaOutcome(hardware.write(RAM, MESSAGE))).toBe("landed: 8 bytes");
    vmm.run(vmm.vcpus[0]!);

    expect(seen.read).toEqual([0x1122_3344_5566_7788n]);
    expect(vmm.host.audit()).toEqual([]);
  });

  it("never lets the host read what the device wrote", () => {
    const { vmm, device } = deviceThatRuns();
    tsmMap(vmm, device, RAM, RAM + 4096);
    deviceHardware(vmm.host).write(RAM, MESSAGE);
    const { bus, memory } = vmm.host.machine;
    const into = new Uint8Array(8);
    const secret = [...Array(memory.pages).keys()]
      .map((page) => memory.basePfn + page)
      .filter(
        (pfn) =>
          new BigUint64Array(memory.peek(pfn as never)?.buffer ?? new ArrayBuffer(8))[0] ===
          0x1122_3344_5566_7788n,
      );

    expect(secret).toHaveLength(1);
    expect(bus.read(0, (secret[0] as number) * 4096, into)).toBe("granule protection fault");
    expect(into).toEqual(new Uint8Array(8));
  });

  it("lets the DMA fault again when the guest's page goes, without anybody telling the device", () => {
    const { vmm, device } = deviceThatRuns();
    tsmMap(vmm, device, RAM, RAM + PAGES * 4096);

    expect(vmm.punchHole(vmm.memory[0]!, 0, 4096)).toBe(0);

    expect(dmaOutcome(deviceHardware(vmm.host).write(RAM, MESSAGE))).toMatch(
      /^refused after 0 bytes: F_TRANSLATION/,
    );
    expect(dmaOutcome(deviceHardware(vmm.host).write(RAM + 4096, MESSAGE))).toBe("landed: 8 bytes");
  });

  it("ends clean: unbound or not, the end of the process gives every page and granule back", () => {
    for (const unbind of [true, false]) {
      const { vmm, device } = deviceThatRuns();
      tsmMap(vmm, device, RAM, RAM + PAGES * 4096);
      if (unbind) expect(unbindDevice(vmm, device)).toBe(0);

      expect(vmm.host.sys.exit()).toBe(0);

      expect(vmm.host.audit()).toEqual([]);
      expect(vmm.host.kernel.log.lines).toEqual([]);
    }
  });

  it("names what is missing when there is no such device", () => {
    expect(() => deviceHardware(boot({ devices: 0 }))).toThrow(
      "there is no device 0; this host was booted with 0",
    );
  });
});
