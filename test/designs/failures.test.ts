// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { PAGE_SIZE, type Pfn } from "../../lib/src/base/address.ts";
import { EAGAIN, EINVAL, EIO, ENOMEM } from "../../lib/src/base/errno.ts";
import { designOf } from "../../lib/src/designs/all.ts";
import type { Design } from "../../lib/src/designs/design.ts";
import { inPlaceConversion } from "../../lib/src/designs/in-place-conversion.ts";
import { KVM_SET_MEMORY_ATTRIBUTES2, kvm_memory_attributes2 } from "../../lib/src/designs/in-place-kernel.ts";
import {
  KVM_MEMORY_ENCRYPT_OP,
  KVM_TDX_INIT_MEM_REGION,
  kvm_tdx_cmd,
} from "../../lib/src/designs/initial-memory-kernel.ts";
import { setSlot } from "../../lib/src/designs/moves.ts";
import { type DmaSeen, holdersOf, memoryHeld, tryDma } from "../../lib/src/designs/observe.ts";
import { OrderedGuest } from "../../lib/src/designs/ordered-guest.ts";
import { designHost, guestPage, PRIVATE_MEMORY, Setting } from "../../lib/src/designs/setting.ts";
import { kvm_mem_is_private } from "../../lib/src/kernel/kvm/memory-attributes.ts";
import {
  KVM_CREATE_GUEST_MEMFD,
  KVM_MEMORY_ATTRIBUTE_PRIVATE,
  kvm_create_guest_memfd,
} from "../../lib/src/kernel/kvm/uapi.ts";
import { startRealm } from "../../lib/src/user/vmm.ts";
import { tsmMap } from "../../lib/src/user/vmm-device.ts";
import { auditAtEnd, leaves, pageOf, unowned } from "../support/host.ts";

/** A design with the device reaching memory, and page 0 touched by the guest. */
function started(design: Design): Setting {
  const setting = new Setting(design, designHost(design));
  auditAtEnd(setting.host);
  expect(setting.startUp()).toBe(0);
  setting.touch(0);
  return setting;
}

function punchHole(setting: Setting, page = 0): void {
  expect(setting.vmm.punchHole(setting.memory, page * PAGE_SIZE, PAGE_SIZE)).toBe(0);
}

/** What DMA of a kind meets at the very moment when a page is given back to the allocator. */
function dmaWhileFreed(setting: Setting, pfn: Pfn): DmaSeen[] {
  const { pages } = setting.host.kernel;
  const told = pages.freeing;
  const seen: DmaSeen[] = [];
  pages.freeing = (freed) => {
    told?.(freed);
    if (freed === pfn) seen.push(tryDma(setting, 0, "private", 1), tryDma(setting, 0, "shared", 2));
  };
  punchHole(setting);
  pages.freeing = told;
  return seen;
}

describe("A, the patch", () => {
  it("keeps a reference that nobody drops when a page is mapped twice, also after the process is gone", () => {
    const setting = started(designOf("A"));
    const pfn = setting.inode.pageAt(0);

    expect(tsmMap(setting.vmm, setting.device, guestPage(0).start, guestPage(0).end)).toBe(0);

    expect(holdersOf(setting, 0)).toEqual({ pageCache: 1, stage2: 1, iommu: 0, nobody: 1 });
    setting.host.sys.exit();
    expect(setting.host.kernel.pages.page_count(pfn)).toBe(1);
    leaves(setting.host, [unowned(pfn)]);
  });

  it("lets another process that was handed the iommufd map memory of the VM", () => {
    const { host, device, inode } = started(designOf("A"));
    const other = host.newProcess();
    const iommufd = other.receive(host.process, device.iommufd);
    const elsewhere = { host: { sys: other.sys } } as unknown as Parameters<typeof tsmMap>[0];

    expect(tsmMap(elsewhere, { ...device, iommufd }, guestPage(1).start, guestPage(1).end)).toBe(0);
    // It was mapped before.
    leaves(host, [unowned(inode.pageAt(1))]);
  });
});

describe("B1, an ioctl of the VM", () => {
  it("turns another process away with -EIO, and an unaligned range with -EINVAL", () => {
    const design = designOf("B1");
    const { host, vmm, moves } = started(design);
    const [command = 0] = design.commands.keys();
    const other = host.newProcess();
    const range = new Uint8Array(16);

    expect(other.sys.ioctl(other.receive(host.process, vmm.vm), command, range)).toBe(-EIO);
    expect(moves.map({ start: guestPage(0).start + 1, end: guestPage(0).end })).toBe(-EINVAL);
  });
});

describe("C, a pinned guest_memfd", () => {
  it("has all memory of the slot from the start, where the patch has only what is mapped", () => {
    const pinned = started(designOf("C"));
    const asPosted = started(designOf("A"));

    expect(memoryHeld(pinned).file).toBe(8);
    expect(memoryHeld(asPosted).file).toBe(4);
  });

  it("refuses the slot with -ENOMEM when there is not enough memory, and leaves nothing behind", () => {
    const { host, vmm, memory } = started(designOf("C"));
    const before = host.kernel.pages.allocated;
    const size = 8192 * PAGE_SIZE;
    const create = kvm_create_guest_memfd({ size, flags: 1 << 8 });
    const guestMemfd = host.sys.ioctl(vmm.vm, KVM_CREATE_GUEST_MEMFD, create);

    expect(setSlot(vmm, { ...memory, slot: 7, gpa: 2 ** 31 + 2 ** 30, size, guestMemfd }, size)).toBe(
      -ENOMEM,
    );

    host.sys.close(guestMemfd);
    expect(host.kernel.pages.allocated).toBe(before);
    expect(host.audit()).toEqual([]);
  });

  it("reports a map that failed from the attribute's call, after the attribute has changed", () => {
    const setting = started(designOf("C"));
    const { host, kvm, moves } = setting;
    setting.convert(0, false);
    // The reservation of the attribute comes first, the pages for the tables' cache after it.
    host.kernel.faults.arm("alloc", 2);

    const result = moves.convert(guestPage(0), true);

    expect(result).toBe(-ENOMEM);
    expect(kvm_mem_is_private(kvm, guestPage(0).start / PAGE_SIZE)).toBe(true);
    expect(tryDma(setting, 0, "private", 1).outcome).toBe("F_TRANSLATION");
  });
});

describe("D1, the file in the IOMMU with a pin", () => {
  it("writes into the old page after a hole, which is nobody's but never somebody else's", () => {
    const setting = started(designOf("D1"));
    const old = setting.inode.pageAt(0);

    expect(dmaWhileFreed(setting, old)).toEqual([]);
    setting.touch(0);

    expect(tryDma(setting, 0, "private", 1)).toEqual({
      kind: "private",
      outcome: "landed",
      frame: "an orphan",
    });
    expect(setting.inode.pageAt(0)).not.toBe(old);
    expect(setting.host.kernel.pages.page_count(old)).toBe(1);
  });

  it("blocks in-place conversion to private: -EAGAIN, and the offset of the page that is held", () => {
    const setting = started(
      inPlaceConversion("G pin", "with a pin", { reference: "pin", registered: true, onPrivate: "keep" }),
    );
    expect(setting.convert(1, false)).toBe(0);
    const attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE;
    const request = kvm_memory_attributes2({ offset: PAGE_SIZE, size: 2 * PAGE_SIZE, attributes });

    const result = setting.host.sys.ioctl(setting.memory.guestMemfd, KVM_SET_MEMORY_ATTRIBUTES2, request);

    expect(result).toBe(-EAGAIN);
    expect(kvm_memory_attributes2.decode(request).error_offset).toBe(BigInt(PAGE_SIZE));
    expect(kvm_mem_is_private(setting.kvm, guestPage(1).start / PAGE_SIZE)).toBe(false);
  });
});

describe("D2, the file in the IOMMU without a reference", () => {
  it("reaches the page while it is being freed", () => {
    const setting = started(designOf("D2"));

    const [asPrivate, asShared] = dmaWhileFreed(setting, setting.inode.pageAt(0));

    expect(asPrivate?.outcome).toBe("ownership fault");
    expect(asShared).toEqual({ kind: "shared", outcome: "landed", frame: "a free frame" });
  });

  it("changes memory of the process that got the page", () => {
    const setting = started(designOf("D2"));
    punchHole(setting);
    const other = setting.host.newProcess();
    const address = other.user.allocate(PAGE_SIZE);
    other.user.write(address, Uint8Array.of(0x5e));

    expect(tryDma(setting, 0, "shared", 0xbd).frame).toBe("another process");
    expect(other.user.read(address, 1)).toEqual(Uint8Array.of(0xbd));
  });

  it("is stopped by the check at access when another realm got the page", () => {
    const setting = started(designOf("D2"));
    const { host } = setting;
    const guest = new OrderedGuest();
    const programs = [guest.program()];
    const other = startRealm(host, { gpa: PRIVATE_MEMORY.start, size: 2 * PAGE_SIZE, ipaBits: 33, programs });
    const run = (): unknown => other.vcpus.map((vcpu) => other.run(vcpu));
    // The first page takes all that the vCPU sets aside for tables; the second takes the page itself and no more.
    guest.touch(guestPage(0), PAGE_SIZE);
    run();
    const freed = setting.inode.pageAt(0);
    punchHole(setting);
    guest.touch(guestPage(1), PAGE_SIZE);
    run();

    expect(pageOf(host, other.memory[0]?.guestMemfd ?? -1, 1)).toBe(freed);
    expect(tryDma(setting, 0, "private", 1).outcome).toBe("ownership fault");
    expect(tryDma(setting, 0, "shared", 2).outcome).toBe("ownership fault");
  });
});

describe("D3, the file in the IOMMU with a callback", () => {
  it("takes the page out of the IOMMU before it is freed", () => {
    const setting = started(designOf("D3"));

    const seen = dmaWhileFreed(setting, setting.inode.pageAt(0));

    expect(seen.map(({ outcome }) => outcome)).toEqual(["F_TRANSLATION", "F_TRANSLATION"]);
  });

  it("leaves the other pages of the file where they were", () => {
    const setting = started(designOf("D3"));
    setting.touch(1);

    punchHole(setting, 0);

    expect(tryDma(setting, 1, "private", 1).frame).toBe("the guest's page");
  });
});

describe("E, initial memory", () => {
  it("is refused with -EINVAL once the guest is finalised", () => {
    const { moves } = started(designOf("E"));

    expect(moves.map(guestPage(0))).toBe(-EINVAL);
    expect(moves.beforeActivate(PRIVATE_MEMORY)).toBe(-EINVAL);
  });

  it("leaves a converted page to the guest's own fault", () => {
    const setting = started(designOf("E"));
    setting.convert(0, false);

    expect(setting.convert(0, true)).toBe(-EINVAL);
    expect(tryDma(setting, 0, "private", 1).outcome).toBe("F_TRANSLATION");
    setting.touch(0);
    expect(tryDma(setting, 0, "private", 1).frame).toBe("the guest's page");
  });

  it("knows only its own command", () => {
    const { host, vmm } = started(designOf("E"));
    const vcpu = vmm.vcpus[0]?.fd ?? -1;

    expect(
      host.sys.ioctl(vcpu, KVM_MEMORY_ENCRYPT_OP, kvm_tdx_cmd({ id: KVM_TDX_INIT_MEM_REGION + 1 })),
    ).toBe(-EINVAL);
  });
});

describe("G, in-place conversion", () => {
  it.each([
    { id: "G keep", whilePrivate: "granule protection fault", sharedAgain: "landed" },
    { id: "G drop", whilePrivate: "F_TRANSLATION", sharedAgain: "F_TRANSLATION" },
  ])(
    "$id: shared DMA meets $whilePrivate while private, and without a further call $sharedAgain",
    (expected) => {
      const setting = started(designOf(expected.id));
      const { host, memory } = setting;
      setting.convert(0, false);
      setting.convert(0, true);
      expect(tryDma(setting, 0, "shared", 1).outcome).toBe(expected.whilePrivate);

      const toShared = kvm_memory_attributes2({ offset: 0, size: PAGE_SIZE });
      expect(host.sys.ioctl(memory.guestMemfd, KVM_SET_MEMORY_ATTRIBUTES2, toShared)).toBe(0);

      expect(tryDma(setting, 0, "shared", 2).outcome).toBe(expected.sharedAgain);
    },
  );

  it("shows user space one and the same page, and only while it is shared", () => {
    const setting = started(designOf("G keep"));
    const { user } = setting.host;
    setting.convert(0, false);
    tryDma(setting, 0, "shared", 0x42);

    expect(user.read(setting.memory.shared, 1)).toEqual(Uint8Array.of(0x42));
    setting.convert(0, true);
    expect(() => user.read(setting.memory.shared, 1)).toThrow("no readable user memory");
  });

  it.each([
    ["an empty range", { size: 0 }],
    ["a range past the end of the file", { size: 9 * PAGE_SIZE }],
    ["an unaligned range", { offset: 1, size: PAGE_SIZE }],
    ["flags", { size: PAGE_SIZE, flags: 1 }],
    ["attributes that do not exist", { size: PAGE_SIZE, attributes: 1 }],
    ["reserved words", { size: PAGE_SIZE, reserved: [1n] }],
  ])("refuses %s with -EINVAL", (_what, request) => {
    const { host, memory } = started(designOf("G keep"));

    const bytes = kvm_memory_attributes2(request);

    expect(host.sys.ioctl(memory.guestMemfd, KVM_SET_MEMORY_ATTRIBUTES2, bytes)).toBe(-EINVAL);
  });
});
