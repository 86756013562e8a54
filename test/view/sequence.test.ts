// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { boot } from "../../lib/src/boot.ts";
import { assignDevice, tsmMap } from "../../lib/src/user/vmm-device.ts";
import { showSequence } from "../../lib/src/view/sequence.ts";
import { boundDevice, runningDevice } from "./device.ts";
import { GPA, lateRealm } from "./realm.ts";
import { expectGoodPicture, parseSvg } from "./svg-checks.ts";

const PAGE = 4096;

describe("a sequence diagram", () => {
  it("shows which calls of TSM_MAP cross which boundary, and repeats of them once", () => {
    const { host, vmm, device } = boundDevice();
    const events = host.trace.record(() => tsmMap(vmm, device, GPA, GPA + 8 * PAGE));

    const picture = showSequence(events);

    expectGoodPicture(picture);
    expect(picture.text).toMatchInlineSnapshot(`
      "Who called whom
      lanes: user, kernel, firmware, hardware
      user -> kernel: ioctl(fd 7, IOMMU_VDEVICE_TSM_MAP)
        kernel -> firmware: RMI_GRANULE_DELEGATE(addr 0x8_8004_a000)
        kernel <- firmware: RMI_SUCCESS
        kernel -> firmware: RMI_DATA_CREATE_UNKNOWN(rd 0x8_8000_4000, data 0x8_8004_a000, ipa 0x8000_0000)
          firmware -> hardware: filled with zeros: pa 0x8_8004_a000
        kernel <- firmware: RMI_SUCCESS
        ... the same 7 more times
      user <- kernel: 0"
    `);
  });

  it("begins a repeated group where its calls are about one page, also when the first page took more calls", () => {
    const { host, vmm } = lateRealm();
    const device = assignDevice(vmm);
    const events = host.trace.record(() => tsmMap(vmm, device, GPA, GPA + 4 * PAGE));

    const lines = showSequence(events).text.split("\n");
    const folded = lines.findIndex((line) => line.includes("the same"));

    expect(lines[folded]?.trim()).toBe("... the same 2 more times");
    expect(
      lines
        .slice(0, folded)
        .filter((line) => line.includes("->"))
        .slice(-3),
    ).toEqual([
      expect.stringContaining("RMI_GRANULE_DELEGATE("),
      expect.stringContaining("RMI_DATA_CREATE_UNKNOWN("),
      expect.stringContaining("filled with zeros"),
    ]);
    expect(lines[folded + 1]).toBe("user <- kernel: 0");
  });

  it("tells one call after the other when it is told not to fold", () => {
    const { host, vmm, device } = boundDevice();
    const events = host.trace.record(() => tsmMap(vmm, device, GPA, GPA + 3 * PAGE));

    const { text } = showSequence(events, { fold: false });

    expect(text.match(/kernel -> firmware: RMI_DATA_CREATE_UNKNOWN/g)).toHaveLength(3);
    expect(text).not.toContain("the same");
  });

  it("shows what happened inside of the kernel when it is asked to", () => {
    const { host, vmm, device } = boundDevice();
    const events = host.trace.record(() => tsmMap(vmm, device, GPA, GPA + PAGE));

    const { text } = showSequence(events, { inside: true });

    expect(text).toContain("    kernel: kvm_map_private_memory(");
    expect(text).toContain("          firmware: granule pa 0x8_8004_a000: NS -> DELEGATED");
  });

  it("gives each call that returns one return, in the order in which calls end", () => {
    const { host, vmm } = boundDevice();
    const events = host.trace.record(() => {
      for (const vcpu of vmm.vcpus) vmm.run(vcpu);
    });

    const lines = showSequence(events, { fold: false }).text.split("\n").slice(2);

    const open: string[] = [];
    for (const line of lines) {
      const [, depth = "", one = "", way = "", other = ""] = /^( *)(\w+) (->|<-) (\w+):/.exec(line) ?? [];
      if (way === "->" && /\)$/.test(line)) open.push(`${depth}${one} ${other}`);
      if (way === "<-") expect(open.pop()).toBe(`${depth}${one} ${other}`);
    }
    expect(open).toEqual([]);
    expect(lines.filter((line) => line.includes("RSI_"))).not.toHaveLength(0);
  });

  it("shows a DMA that the SMMU refuses as a matter of hardware", () => {
    const { host, pci } = runningDevice();
    const events = host.trace.record(() => pci.write(GPA, Uint8Array.of(1)));

    expect(showSequence(events).text).toMatchInlineSnapshot(`
      "Who called whom
      lanes: hardware
      hardware: dma write: requesterId 0x100, address 0x8000_0000, bytes 0, trusted 1, outcome F_TRANSLATION
        hardware: smmu event: event F_TRANSLATION, security Realm, streamId 0x100, address 0x8000_0000, write 1"
    `);
  });

  it("says that nothing crossed a boundary when nothing did", () => {
    const picture = showSequence(boot().trace.record(() => {}));

    expectGoodPicture(picture);
    expect(picture.text).toBe("Who called whom\nnothing crossed a boundary");
  });

  it("draws a solid line for each call and a dashed one for each return", () => {
    const { host, vmm, device } = boundDevice();
    const events = host.trace.record(() => tsmMap(vmm, device, GPA, GPA + PAGE));

    const { svg, text } = showSequence(events);

    const arrows = parseSvg(svg).filter(({ attributes }) => attributes["stroke-width"] === "1.5");
    const dashed = arrows.filter(({ attributes }) => "stroke-dasharray" in attributes);
    expect(dashed).toHaveLength(text.match(/<-/g)?.length as number);
    expect(arrows).toHaveLength(text.match(/->|<-/g)?.length as number);
  });
});
