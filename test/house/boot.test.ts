// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { type BootOptions, boot, ENOENT, KVM_GET_API_VERSION } from "../../lib/src/index.ts";

describe("boot", () => {
  it("gives a host with KVM, iommufd and one device that can be assigned", () => {
    const { sys } = boot();

    const [kvm = -1, iommu = -1, device = -1] = ["/dev/kvm", "/dev/iommu", "/dev/vfio/devices/vfio0"].map(
      (path) => sys.open(path),
    );

    expect([kvm, iommu, device]).toEqual([3, 4, 5]);
    expect(sys.ioctl(kvm, KVM_GET_API_VERSION)).toBe(12);
  });

  it.each<[unknown, string]>([
    [{ memory: 1000 }, "boot: memory is 1000 bytes; it must be a multiple of 4096"],
    [{ memory: 4096 }, "from 16 pages to"],
    [{ memory: Number.NaN }, "boot: memory is NaN bytes"],
    [{ devices: 17 }, "boot: devices is 17; it must be a whole number from 0 to 16"],
    [{ kernel: "rfc-v9" }, 'boot knows no kernel "rfc-v9"; it knows rfc-v1, rfc-v1+range-checks'],
    [{ config: { CONFIG_TSM: "maybe" } }, 'boot: CONFIG_TSM is "maybe"; it can be y or m or n'],
    [{ config: { CONFIG_X: "y" } }, "there is no config option CONFIG_X in this model"],
    [{ colour: "red" }, 'boot knows no option "colour"; it knows memory, kernel, config, devices'],
  ])("answers %o in one sentence that says what to do", (options, sentence) => {
    expect(() => boot(options as BootOptions)).toThrow(sentence);
  });

  it("has no /dev/kvm without KVM, and notes that the posted series would not compile so", () => {
    const host = boot({ config: { CONFIG_KVM: "n" } });

    expect(host.sys.open("/dev/kvm")).toBe(-ENOENT);
    expect(host.sys.open("/dev/iommu")).toBe(3);
    expect(host.kernel.log.lines.map(({ text }) => text)).toEqual([
      expect.stringContaining("does not compile"),
    ]);
  });

  it("gives the same machine for the same options, byte for byte", () => {
    const told = (): unknown => {
      const host = boot({ memory: 64 * 4096 });
      return host.trace.record(() => host.sys.ioctl(host.sys.open("/dev/kvm"), 0xae01, 0x100));
    };

    expect(told()).toEqual(told());
  });
});
