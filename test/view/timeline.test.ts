// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { boot } from "../../lib/src/boot.ts";
import { ioctlName } from "../../lib/src/kernel/ioctl-names.ts";
import { startRealm, type Vmm } from "../../lib/src/user/vmm.ts";
import { tsmMap } from "../../lib/src/user/vmm-device.ts";
import { showTimeline } from "../../lib/src/view/timeline.ts";
import { boundDevice, runningDevice } from "./device.ts";
import { GPA } from "./realm.ts";
import { expectGoodPicture } from "./svg-checks.ts";

const PAGE = 4096;

function runAll(vmm: Vmm): void {
  for (const vcpu of vmm.vcpus) vmm.run(vcpu);
}

describe("a timeline", () => {
  it("tells eight pages of TSM_MAP as one page and how often it came again", () => {
    const { host, vmm, device } = boundDevice();
    const events = host.trace.record(() => tsmMap(vmm, device, GPA, GPA + 8 * PAGE));

    expect(showTimeline(events).text).toMatchInlineSnapshot(`
      "Timeline: 82 events
      VMM  kernel  firmware
      ioctl(fd 7, IOMMU_VDEVICE_TSM_MAP) -> 0
           iommufd_vdevice_tsm_map_ioctl(start_gpa 0x8000_0000, end_gpa 0x8000_8000, vdevice_id 5)
             iommufd_get_object(id 5)
               get iommufd VDEVICE: id 5, users 2, wait_cnt 2
             kvm_map_private_memory(start_gpa 0x8000_0000, end_gpa 0x8000_8000)
               lock kvm->srcu, read side
               kvm_mmu_topup_memory_cache(cached 0)
               gfn_to_memslot(gfn 0x8_0000)
               kvm_gmem_get_pfn(gfn 0x8_0000, slot 0)
               realm_map_ipa(ipa 0x8000_0000, pfn 0x88_004a, map_size 4096)
                   RMI_GRANULE_DELEGATE(addr 0x8_8004_a000) -> RMI_SUCCESS
                     granule pa 0x8_8004_a000: NS -> DELEGATED
                   RMI_DATA_CREATE_UNKNOWN(rd 0x8_8000_4000, data 0x8_8004_a000, ipa 0x8000_0000)
                       -> RMI_SUCCESS
                     filled with zeros: pa 0x8_8004_a000
                     granule pa 0x8_8004_a000: DELEGATED -> DATA
               ... the same for 7 more pages, gfn 0x8_0001 to 0x8_0007
               unlock kvm->srcu, read side
             iommufd_ucmd_respond(cmd_len 32)
             iommufd_put_object(id 5)
               put iommufd VDEVICE: id 5, users 1, wait_cnt 1"
    `);
  });

  it("shows the way of a DMA that the SMMU refuses", () => {
    const { host, pci } = runningDevice();
    const events = host.trace.record(() => pci.write(GPA, Uint8Array.of(1)));

    expect(showTimeline(events, { title: "DMA" }).text).toMatchInlineSnapshot(`
      "DMA: 2 events
      device  SMMU
      dma write: requesterId 0x100, address 0x8000_0000, bytes 0, trusted 1, outcome F_TRANSLATION
              smmu event: event F_TRANSLATION, security Realm, streamId 0x100, address 0x8000_0000,
                  write 1"
    `);
  });

  it("sets what a realm does while it runs inside of the call that let it run", () => {
    const { host, vmm } = boundDevice();
    const events = host.trace.record(() => runAll(vmm));

    expect(showTimeline(events).text).toMatchInlineSnapshot(`
      "Timeline: 29 events
      VMM  kernel  firmware  realm  device
      ioctl(fd 6, KVM_RUN) -> -EINTR
           lock vcpu0->mutex, exclusive
                   RMI_REC_ENTER(rec 0x8_8000_8000, run 0x8_8000_5000) -> RMI_SUCCESS
                             RSI_RDEV_GET_INSTANCE_ID(rec 0x8_8000_8000, x1 8, x2 0, x3 0, x4 0)
                                 -> RSI_SUCCESS
                             RSI_RDEV_LOCK(rec 0x8_8000_8000, x1 8, x2 1, x3 0, x4 0) -> RSI_SUCCESS
                             RSI_RDEV_CONTINUE(rec 0x8_8000_8000, x1 8, x2 1, x3 0, x4 0)
                                 -> RSI_INCOMPLETE
           lock kvm->srcu, read side
                   RMI_VDEV_COMMUNICATE(pdev 0x8_8001_c000, vdev 0x8_8002_1000, data 0x8_8001_9000)
                       -> RMI_SUCCESS
                                    tdi requesterId 0x100: CONFIG_UNLOCKED -> CONFIG_LOCKED
                   RMI_VDEV_GET_STATE(vdev 0x8_8002_1000) -> RMI_SUCCESS
                   RMI_VDEV_COMMUNICATE(pdev 0x8_8001_c000, vdev 0x8_8002_1000, data 0x8_8001_9000)
                       -> RMI_SUCCESS
                   RMI_VDEV_GET_STATE(vdev 0x8_8002_1000) -> RMI_SUCCESS
           unlock kvm->srcu, read side
                   RMI_REC_ENTER(rec 0x8_8000_8000, run 0x8_8000_5000) -> RMI_SUCCESS
                             RSI_RDEV_CONTINUE(rec 0x8_8000_8000, x1 8, x2 1, x3 0, x4 0) -> RSI_SUCCESS
                             RSI_RDEV_START(rec 0x8_8000_8000, x1 8, x2 1, x3 0, x4 0) -> RSI_SUCCESS
                             RSI_RDEV_CONTINUE(rec 0x8_8000_8000, x1 8, x2 1, x3 0, x4 0)
                                 -> RSI_INCOMPLETE
           lock kvm->srcu, read side
                   RMI_VDEV_COMMUNICATE(pdev 0x8_8001_c000, vdev 0x8_8002_1000, data 0x8_8001_9000)
                       -> RMI_SUCCESS
                                    tdi requesterId 0x100: CONFIG_LOCKED -> RUN
                   RMI_VDEV_GET_STATE(vdev 0x8_8002_1000) -> RMI_SUCCESS
                   RMI_VDEV_COMMUNICATE(pdev 0x8_8001_c000, vdev 0x8_8002_1000, data 0x8_8001_9000)
                       -> RMI_SUCCESS
                   RMI_VDEV_GET_STATE(vdev 0x8_8002_1000) -> RMI_SUCCESS
           unlock kvm->srcu, read side
                   RMI_REC_ENTER(rec 0x8_8000_8000, run 0x8_8000_5000) -> RMI_SUCCESS
                             RSI_RDEV_CONTINUE(rec 0x8_8000_8000, x1 8, x2 1, x3 0, x4 0) -> RSI_SUCCESS
           lock kvm->srcu, read side
           unlock kvm->srcu, read side
           unlock vcpu0->mutex, exclusive"
    `);
  });

  it("names the error of a call that failed, and shows that the firmware's refusal counts as success", () => {
    const { host, vmm, device } = boundDevice();
    tsmMap(vmm, device, GPA, GPA + PAGE);
    const events = host.trace.record(() => {
      tsmMap(vmm, device, GPA, GPA + PAGE);
      tsmMap(vmm, device, 0, PAGE);
    });

    const { text } = showTimeline(events, { kinds: ["syscall", "smc"] });
    expect(text).toMatchInlineSnapshot(`
      "Timeline: 3 events
      VMM  firmware
      ioctl(fd 7, IOMMU_VDEVICE_TSM_MAP) -> 0
           RMI_GRANULE_DELEGATE(addr 0x8_8004_a000) -> RMI_ERROR_INPUT (gran_state)
      ioctl(fd 7, IOMMU_VDEVICE_TSM_MAP) -> -EINVAL"
    `);
  });

  it("shows each event when nothing is to be folded", () => {
    const { host, vmm, device } = boundDevice();
    const events = host.trace.record(() => tsmMap(vmm, device, GPA, GPA + 8 * PAGE));

    const { text } = showTimeline(events, { fold: false });
    expect(text.match(/gfn_to_memslot/g)).toHaveLength(8);
    expect(text).not.toContain("...");
  });

  it("keeps pages apart that went differently", () => {
    const { host, vmm, device } = boundDevice();
    tsmMap(vmm, device, GPA + PAGE, GPA + 2 * PAGE);
    const events = host.trace.record(() => tsmMap(vmm, device, GPA, GPA + 4 * PAGE));

    const { text } = showTimeline(events, { kinds: ["smc"] });
    expect(text.match(/RMI_GRANULE_DELEGATE/g)).toHaveLength(3);
    expect(text).toContain("RMI_ERROR_INPUT");
  });

  it("tells a first page that made tables by itself, and the pages after it together", () => {
    const { host, vmm, device } = boundDevice();
    vmm.addMemory({ gpa: 0xc000_0000, size: 4 * PAGE });
    const events = host.trace.record(() => tsmMap(vmm, device, 0xc000_0000, 0xc000_0000 + 4 * PAGE));

    const { text } = showTimeline(events, { kinds: ["call", "smc"] });
    expect(text.match(/\w+(?=\(|\.\.\.)|\.\.\. the same.*/g)).toEqual([
      "iommufd_vdevice_tsm_map_ioctl",
      "iommufd_get_object",
      "kvm_map_private_memory",
      "kvm_mmu_topup_memory_cache",
      "gfn_to_memslot",
      "kvm_gmem_get_pfn",
      "realm_map_ipa",
      "RMI_GRANULE_DELEGATE",
      "RMI_DATA_CREATE_UNKNOWN",
      "RMI_GRANULE_DELEGATE",
      "RMI_RTT_CREATE",
      "RMI_GRANULE_DELEGATE",
      "RMI_RTT_CREATE",
      "RMI_DATA_CREATE_UNKNOWN",
      "kvm_mmu_topup_memory_cache",
      "gfn_to_memslot",
      "kvm_gmem_get_pfn",
      "realm_map_ipa",
      "RMI_GRANULE_DELEGATE",
      "RMI_DATA_CREATE_UNKNOWN",
      "... the same for 2 more pages, gfn 0xc_0002 to 0xc_0003",
      "iommufd_ucmd_respond",
      "iommufd_put_object",
    ]);
  });

  it("has lines of at most 100 characters", () => {
    const host = boot({ memory: 64 * PAGE });
    const events = host.trace.record(() => {
      startRealm(host, { gpa: GPA, size: 8 * PAGE });
      host.sys.exit();
    });

    for (const line of showTimeline(events).text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("is a whole picture, also of nothing", () => {
    const { host, vmm, device } = boundDevice();
    const events = host.trace.record(() => tsmMap(vmm, device, GPA, GPA + 8 * PAGE));

    expectGoodPicture(showTimeline(events));
    expectGoodPicture(showTimeline([]));
    expect(showTimeline(events)).toEqual(showTimeline(events));
  });
});

describe("names of ioctl commands", () => {
  it.each([
    [0xae01, "KVM_CREATE_VM"],
    [0x4068aea3, "KVM_ENABLE_CAP"],
    [0xc040aed4, "KVM_CREATE_GUEST_MEMFD"],
    [0x3b80, "IOMMU_DESTROY"],
    [0x3b97, "IOMMU_VDEVICE_TSM_MAP"],
    [0x3b76, "VFIO_DEVICE_BIND_IOMMUFD"],
  ])("are those of the headers: 0x%x", (command, name) => {
    expect(ioctlName(command)).toBe(name);
  });

  it("are numbers where no header has one", () => {
    expect(ioctlName(0x5401)).toBe("0x5401");
  });
});
