// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EBADF, EEXIST, EFAULT, EINVAL, EIO } from "../../../lib/src/base/errno.ts";
import type { Host } from "../../../lib/src/boot.ts";
import * as kvm from "../../../lib/src/kernel/kvm/uapi.ts";
import { auditedHost, isMapped, kvmOf, mapPrivate } from "../../support/host.ts";
import { createGmem, createVm, GPA, PAGE, type Region, setAttributes, setRegion } from "../../support/vm.ts";

const GMEM = kvm.KVM_MEM_GUEST_MEMFD;
const [LOG, READONLY] = [kvm.KVM_MEM_LOG_DIRTY_PAGES, kvm.KVM_MEM_READONLY];
/** First byte past the addresses of a VM whose type does not say how many it has. */
const IPA_END = 2 ** 40;
const U64 = 2n ** 64n;

/** A realm's VM with slot 1, two pages of a guest_memfd of eight, and slot 2 without one. */
function vm(): { host: Host; fd: number; gmem: number; set: (region: Partial<Region>) => number } {
  const host = auditedHost();
  const fd = createVm(host);
  const gmem = createGmem(host, fd, 8 * PAGE);
  expect(setRegion(host, fd, { slot: 1, gpa: GPA, size: 2 * PAGE, gmem })).toBe(0);
  expect(setRegion(host, fd, { slot: 2, gpa: GPA + 4 * PAGE, size: PAGE })).toBe(0);
  const fresh = { slot: 3, gpa: GPA + 8 * PAGE, size: PAGE };
  return { host, fd, gmem, set: (region) => setRegion(host, fd, { ...fresh, ...region }) };
}

describe("a region whose request is wrong in two ways", () => {
  it.each<[string, Partial<Region>, number]>([
    ["overlaps, and its descriptor is not open", { gpa: GPA + PAGE, gmem: 99 }, -EEXIST],
    ["lies above all addresses, and its descriptor is not open", { gpa: IPA_END, gmem: 99 }, -EBADF],
    ["has a negative descriptor", { gmem: -1 }, -EBADF],
    [
      "has a descriptor that is no guest_memfd, and lies above all addresses",
      { gpa: IPA_END, gmem: 3 },
      -EINVAL,
    ],
    ["lies above all addresses", { gpa: IPA_END }, -EFAULT],
    ["ends one page above all addresses", { gpa: IPA_END - PAGE, size: 2 * PAGE }, -EFAULT],
    ["ends where the addresses end", { gpa: IPA_END - PAGE }, 0],
    ["starts at 2^63", { gpa: 2n ** 63n }, -EFAULT],
    ["ends at 2^64", { gpa: U64 - BigInt(PAGE) }, -EINVAL],
    ["wraps, and overlaps", { slot: 1, gpa: U64 - BigInt(PAGE), size: 2n * BigInt(PAGE) }, -EINVAL],
    ["has one page too many, and would lie above all addresses", { size: 2n ** 43n }, -EINVAL],
    [
      "has as many pages as a slot can, above all addresses",
      { gpa: IPA_END, size: 2n ** 43n - 4096n },
      -EFAULT,
    ],
    ["is in an address space that arm64 has not", { slot: 0x1_0003 }, -EINVAL],
    ["has the id behind the last", { slot: 32767 }, -EINVAL],
    ["has the largest id", { slot: 0xffff }, -EINVAL],
    ["has the last id", { slot: 32766 }, 0],
    ["has a tagged address", { hva: 1n << 56n }, -EINVAL],
    ["has an address that ends where user space does", { hva: 2n ** 48n - 4096n }, 0],
    ["has an address that ends behind user space", { hva: 2n ** 48n - 4096n, size: 2 * PAGE }, -EINVAL],
    ["has an unknown flag, and an id that is too large", { slot: 32767, flags: 8 }, -EINVAL],
    ["would log the writes to a guest_memfd", { flags: GMEM | LOG }, -EINVAL],
    ["would make a guest_memfd read-only", { flags: GMEM | READONLY }, -EINVAL],
  ])("%s", (_, region, expected) => {
    expect(vm().set(region)).toBe(expected);
  });

  it.each<[string, Partial<Region>, number]>([
    ["is not there, and the address is wrong", { slot: 9, hva: 1 }, -EINVAL],
    ["is there, and the address is wrong", { slot: 1, hva: 1 }, -EINVAL],
    [
      "is there, and the guest address, flags and descriptor are other ones",
      { slot: 1, gpa: 0, gmem: 99 },
      0,
    ],
    ["is there, and the guest address is not aligned", { slot: 1, gpa: 1 }, -EINVAL],
    ["is there, and the offset wraps", { slot: 1, gmem: 99, offset: U64 - 4095n }, -EINVAL],
    ["is there, and only read-only ones are asked for", { slot: 2, flags: READONLY }, 0],
  ])("removes a slot that %s", (_, region, expected) => {
    expect(vm().set({ size: 0, ...region })).toBe(expected);
  });

  it.each<[string, Partial<Region>, number]>([
    ["is the same again", { slot: 2, gpa: GPA + 4 * PAGE }, 0],
    ["has a guest_memfd now, of a descriptor that is not open", { slot: 2, gpa: GPA, gmem: 99 }, -EINVAL],
    ["is longer and overlaps", { slot: 2, gpa: GPA, size: 2 * PAGE }, -EINVAL],
    ["is elsewhere in user memory", { slot: 2, gpa: GPA + 4 * PAGE, hva: 0x10_0000 }, -EINVAL],
    ["is read-only now", { slot: 2, gpa: GPA + 4 * PAGE, flags: READONLY }, -EINVAL],
    ["moves and logs", { slot: 2, gpa: GPA + 6 * PAGE, flags: LOG }, 0],
    ["moves onto itself and further", { slot: 1, gpa: GPA + PAGE, size: 2 * PAGE, flags: GMEM }, -EINVAL],
    ["moves onto another", { slot: 2, gpa: GPA + PAGE }, -EEXIST],
    ["moves above all addresses", { slot: 2, gpa: IPA_END }, -EFAULT],
  ])("changes a slot that %s", (_, region, expected) => {
    expect(vm().set(region)).toBe(expected);
  });

  it("gives the pages free again when the architecture refuses the slot after they were bound", () => {
    const { gmem, set } = vm();
    expect(set({ gpa: IPA_END, gmem, offset: 4 * PAGE })).toBe(-EFAULT);
    expect(set({ gmem, offset: 4 * PAGE })).toBe(0);
    expect(set({ slot: 4, gpa: 0, gmem, offset: 4 * PAGE })).toBe(-EINVAL);
  });

  it("is not looked at by the first version of the call beyond 32 bytes, which knows no guest_memfd", () => {
    const { host, fd } = vm();
    const v1 = (flags: number, slot: number): number => {
      const region = { slot, flags, guest_phys_addr: 0, memory_size: PAGE };
      return host.sys.ioctl(fd, kvm.KVM_SET_USER_MEMORY_REGION, kvm.kvm_userspace_memory_region(region));
    };
    expect([v1(GMEM, 5), v1(8, 5), v1(0, 32767), v1(LOG | READONLY, 5)]).toEqual([
      -EINVAL,
      -EINVAL,
      -EINVAL,
      0,
    ]);
  });
});

describe("a slot that cannot be moved", () => {
  it("is back in its place, but the guest has lost its memory", () => {
    const host = auditedHost();
    const fd = createVm(host);
    const { realm } = kvmOf(host, fd).arch;
    const action = (n: number): number =>
      host.sys.ioctl(fd, kvm.KVM_ENABLE_CAP, kvm.kvm_enable_cap({ cap: kvm.KVM_CAP_ARM_RME, args: [n] }));
    expect(setRegion(host, fd, { slot: 0, gpa: GPA, size: PAGE, gmem: createGmem(host, fd, PAGE) })).toBe(0);
    expect([action(1), realm.state]).toEqual([0, "NEW"]);
    expect(mapPrivate(host, fd, GPA, GPA + PAGE)).toBe(0);

    // Without the flag the request passes as a move.
    expect(setRegion(host, fd, { slot: 0, gpa: IPA_END, size: PAGE })).toBe(-EFAULT);

    expect(isMapped(host, fd, GPA)).toBe(false);
    expect(mapPrivate(host, fd, GPA, GPA + PAGE)).toBe(0);
  });
});

describe("the end of the guest's addresses", () => {
  it.each([32, 34, 35, 39, 40, 43, 44, 48])("lies at 2^%d for a VM that asks for as many bits", (bits) => {
    const host = auditedHost({ memory: 2 ** 24 });
    const fd = createVm(host, kvm.KVM_VM_TYPE_ARM_REALM | bits);
    const gmem = createGmem(host, fd, 2 * PAGE);
    const end = 2 ** bits;
    expect(setRegion(host, fd, { slot: 0, gpa: end, size: PAGE, gmem })).toBe(-EFAULT);
    expect(setRegion(host, fd, { slot: 0, gpa: end - PAGE, size: 2 * PAGE, gmem })).toBe(-EFAULT);
    // The full size counts, so a slot in the shared half is fine.
    expect(setRegion(host, fd, { slot: 0, gpa: end - 2 * PAGE, size: 2 * PAGE, gmem })).toBe(0);
  });
});

describe("memory attributes", () => {
  const PRIVATE = kvm.KVM_MEMORY_ATTRIBUTE_PRIVATE;

  it.each<[string, [bigint, bigint, number, number], number]>([
    ["flags", [0n, 4096n, PRIVATE, 1], -EINVAL],
    ["an unknown attribute", [0n, 4096n, 4, 0], -EINVAL],
    ["no bytes", [0n, 0n, PRIVATE, 0], -EINVAL],
    ["bytes that end at 2^64", [U64 - 4096n, 4096n, PRIVATE, 0], -EINVAL],
    ["bytes that wrap", [U64 - 4096n, 8192n, PRIVATE, 0], -EINVAL],
    ["an odd address", [1n, 4096n, PRIVATE, 0], -EINVAL],
    ["an odd size", [0n, 1n, PRIVATE, 0], -EINVAL],
    [
      "the last page that can be, without a slot and above all addresses",
      [U64 - 8192n, 4096n, PRIVATE, 0],
      0,
    ],
    ["what is so already, everywhere", [0n, U64 - 4096n, 0, 0], 0],
  ])("for %s", (_, [address, size, attributes, flags], expected) => {
    const { host, fd } = vm();
    expect(setAttributes(host, fd, address, size, attributes, flags)).toBe(expected);
  });

  it("do not exist for a VM without private memory, except none", () => {
    const host = auditedHost();
    const fd = createVm(host, 0);
    expect(setAttributes(host, fd, 0, PAGE, PRIVATE)).toBe(-EINVAL);
    expect(setAttributes(host, fd, 0, PAGE, 0)).toBe(0);
  });
});

describe("calls on files of KVM", () => {
  const commands = [
    ["KVM_SET_USER_MEMORY_REGION", kvm.KVM_SET_USER_MEMORY_REGION],
    ["KVM_SET_USER_MEMORY_REGION2", kvm.KVM_SET_USER_MEMORY_REGION2],
    ["KVM_SET_MEMORY_ATTRIBUTES", kvm.KVM_SET_MEMORY_ATTRIBUTES],
    ["KVM_CREATE_GUEST_MEMFD", kvm.KVM_CREATE_GUEST_MEMFD],
    ["KVM_ENABLE_CAP", kvm.KVM_ENABLE_CAP],
  ] as const;

  it.each(commands)("%s: another process first, then the pointer", (_, command) => {
    const { host, fd } = vm();
    const other = host.newProcess();
    expect(other.sys.ioctl(other.receive(host.process, fd), command)).toBe(-EIO);
    expect(host.sys.ioctl(fd, command)).toBe(-EFAULT);
    expect(host.sys.ioctl(fd, command, new Uint8Array(31))).toBe(-EFAULT);
    kvmOf(host, fd).vm_dead = true;
    expect(host.sys.ioctl(fd, command)).toBe(-EIO);
  });

  it("take a pointer for the number that it is, where they want a number", () => {
    const { host, fd } = vm();
    const bytes = new Uint8Array(64);
    const dev = host.sys.open("/dev/kvm");
    for (const command of [kvm.KVM_GET_API_VERSION, kvm.KVM_GET_VCPU_MMAP_SIZE, kvm.KVM_CREATE_VM])
      expect(host.sys.ioctl(dev, command, bytes)).toBe(-EINVAL);
    expect(host.sys.ioctl(fd, kvm.KVM_CREATE_VCPU, bytes)).toBe(-EINVAL);
    expect(host.sys.ioctl(fd, kvm.KVM_CHECK_EXTENSION, bytes)).toBe(0);
  });
});
