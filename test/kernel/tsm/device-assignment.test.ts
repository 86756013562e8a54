// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EINVAL, ENODEV } from "../../../lib/src/base/errno.ts";
import type { PcieFunction } from "../../../lib/src/hw/pcie-function.ts";
import { bind, GPA, map, PAGE, unbind, type World, world, writeConnect } from "./setup.ts";

function deviceOf({ host }: World): PcieFunction {
  return host.machine.functions.get(0x100) as PcieFunction;
}

function runGuest({ vmm }: World): void {
  for (const vcpu of vmm.vcpus) {
    vmm.run(vcpu);
    vmm.run(vcpu);
  }
}

describe("connecting", () => {
  it("makes a PDEV and brings it to READY; doing it again changes nothing", () => {
    const made = world();

    expect(writeConnect(made.host, "1\n")).toBe(2);
    expect(writeConnect(made.host, "y")).toBe(1);

    expect([...made.host.rmm.state.pdevs.values()].map(({ state }) => state)).toEqual([3]);
    expect(made.host.audit()).toEqual([]);
  });

  it("is undone by writing 0, without a trace", () => {
    const made = world();
    const before = made.host.kernel.pages.allocated;
    writeConnect(made.host, "1\n");

    expect(writeConnect(made.host, "0\n")).toBe(2);

    expect(made.host.kernel.pages.allocated).toBe(before);
    expect(made.host.rmm.state.pdevs.size).toBe(0);
    expect(made.host.audit()).toEqual([]);
  });

  it("refuses anything that is neither yes nor no", () => {
    expect(writeConnect(world().host, "maybe")).toBe(-EINVAL);
  });

  it("leaves nothing behind when a page cannot be had, whichever it is", () => {
    for (let nth = 1; ; nth++) {
      const { host } = world();
      const before = host.kernel.pages.allocated;
      host.kernel.faults.arm("alloc", nth);
      const result = writeConnect(host, "1\n");
      if (!host.kernel.faults.fired) {
        expect(result).toBe(2);
        expect(nth).toBeGreaterThan(8);
        return;
      }
      host.kernel.faults.disarm();
      expect(result).toBeLessThan(0);
      expect(host.kernel.pages.allocated).toBe(before);
      expect(host.audit()).toEqual([]);
    }
  });
});

describe("binding", () => {
  it("takes a connected device", () => {
    const made = world();

    expect(bind(made)).toBe(-ENODEV);
    writeConnect(made.host, "1\n");
    expect(bind(made)).toBe(0);
    expect(bind(made)).toBe(0);
    expect(made.host.audit()).toEqual([]);
  });

  it("is undone by unbinding, twice if need be", () => {
    const made = world();
    writeConnect(made.host, "1\n");
    bind(made);

    expect([unbind(made), unbind(made)]).toEqual([0, 0]);

    expect(made.host.rmm.state.vdevs.size).toBe(0);
    expect(made.host.audit()).toEqual([]);
    expect(bind(made)).toBe(0);
  });

  it.each(["the vdevice is destroyed", "the device file is closed", "the device is disconnected"])(
    "ends when %s",
    (how) => {
      const made = world();
      const { host, iommufd, vdevice, deviceFd } = made;
      writeConnect(host, "1\n");
      bind(made);

      if (how.includes("vdevice"))
        host.sys.ioctl(iommufd, 0x3b80, Uint8Array.of(8, 0, 0, 0, vdevice, 0, 0, 0));
      else if (how.includes("file")) host.sys.close(deviceFd);
      else writeConnect(host, "0");

      expect(host.rmm.state.vdevs.size).toBe(0);
      expect(host.audit()).toEqual([]);
    },
  );
});

describe("the whole path", () => {
  it("refuses the device's DMA, maps, and lets it land", () => {
    const made = world();
    const { host } = made;
    writeConnect(host, "1\n");
    bind(made);
    runGuest(made);
    const device = deviceOf(made);
    expect(device.tdiState).toBe("RUN");

    const refused = device.write(GPA, Uint8Array.of(1, 2, 3));
    expect(refused.event?.name).toBe("F_TRANSLATION");

    expect(map(made, GPA, GPA + PAGE)).toBe(0);

    const landed = device.write(GPA, Uint8Array.of(1, 2, 3));
    expect(landed.event).toBeUndefined();
    expect([...device.read(GPA, 3).data]).toEqual([1, 2, 3]);
    expect(host.audit()).toEqual([]);
    expect(host.kernel.log.lines).toEqual([]);
  });

  it("gives everything back when the process ends", () => {
    const made = world();
    const { host } = made;
    writeConnect(host, "1\n");
    bind(made);
    runGuest(made);
    map(made, GPA, GPA + 8 * PAGE);

    host.sys.exit();

    expect(host.audit()).toEqual([]);
    expect(host.kernel.log.lines).toEqual([]);
  });
});
