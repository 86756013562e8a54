// SPDX-License-Identifier: MIT
import { expect } from "vitest";
import type { Gfn } from "../../lib/src/base/address.ts";
import { EFAULT, EHWPOISON, EINVAL, EIO, ENODEV, ENOMEM, EOPNOTSUPP } from "../../lib/src/base/errno.ts";
import { runStraight } from "../../lib/src/base/task.ts";
import type { BootOptions, Host } from "../../lib/src/boot.ts";
import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  MAP_PRIVATE,
  MAP_SHARED,
  PROT_READ,
  PROT_WRITE,
  stat,
} from "../../lib/src/kernel/fs/uapi.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../../lib/src/kernel/kvm/gmem-get-pfn.ts";
import type { kvm_memory_slot } from "../../lib/src/kernel/kvm/memslots.ts";
import {
  GUEST_MEMFD_FLAG_INIT_SHARED,
  GUEST_MEMFD_FLAG_MMAP,
  KVM_CREATE_GUEST_MEMFD,
  kvm_create_guest_memfd,
} from "../../lib/src/kernel/kvm/uapi.ts";
import { startRealm } from "../../lib/src/user/vmm.ts";
import { auditedHost, isMapped, kvmOf, mapPrivate, pageOf, warnings } from "../support/host.ts";
import { createGmem, createVm, GPA, PAGE, setRegion } from "../support/vm.ts";
import type { Checks, KernelCase } from "./kernel-kvm-checks.ts";

const RW = PROT_READ | PROT_WRITE;
const PUNCH = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;

/** A file of 4 pages on a VM without anything else. */
function fourPages(): { host: Host; vm: number; fd: number } {
  const host = auditedHost();
  const vm = createVm(host, 0);
  return { host, vm, fd: createGmem(host, vm, 4 * PAGE) };
}

/** The numbers that an action names: mode, offset, length. */
function range({ action }: KernelCase): [mode: number, offset: bigint, length: bigint] {
  const [, offset, length] = /offset=(\d+), len=(\d+)/.exec(action) ?? [];
  if (offset === undefined || length === undefined) throw new Error(`no range in "${action}"`);
  return [action.includes("PUNCH_HOLE") ? PUNCH : FALLOC_FL_KEEP_SIZE, BigInt(offset), BigInt(length)];
}

function fallocate(expected: number): (testCase: KernelCase) => void {
  return (testCase) => {
    const { host, fd } = fourPages();
    expect(host.sys.fallocate(fd, ...range(testCase))).toBe(expected);
  };
}

/** KVM_CREATE_GUEST_MEMFD with the size and flags that the action names. */
function create({ action }: KernelCase): void {
  const [, size] = /size=(\d+)/.exec(action) ?? [];
  const [, bit] = /flags=1<<(\d+)/.exec(action) ?? [];
  const host = auditedHost();
  const flags = bit === undefined ? 0n : 1n << BigInt(bit);
  expect(createGmem(host, createVm(host, 0), BigInt(size ?? 0), flags)).toBe(-EINVAL);
}

function mappable(flags: number, type: number): { host: Host; fd: number } {
  const options: BootOptions = { config: { KVM_RELEASE: "2026" } };
  const host = auditedHost(options);
  const fd = createGmem(host, createVm(host, type), 4 * PAGE, flags);
  expect(fd).toBeGreaterThan(0);
  return { host, fd };
}

/** A slot of 4 pages with a guest_memfd, and a look-up of its first page. */
function slotOfFour(): {
  host: Host;
  fd: number;
  slot: kvm_memory_slot;
  lookUp: (slot?: kvm_memory_slot) => number;
} {
  const host = auditedHost();
  const vm = createVm(host);
  const fd = createGmem(host, vm, 4 * PAGE);
  setRegion(host, vm, { slot: 0, gpa: GPA, size: 4 * PAGE, gmem: fd });
  const kvm = kvmOf(host, vm);
  const slot = kvm.memslots.gfn_tree[0] as kvm_memory_slot;
  const lookUp = (of = slot): number => {
    const found: GmemPage = { pfn: 0 as GmemPage["pfn"], page: 0 as GmemPage["page"] };
    const result = runStraight(kvm_gmem_get_pfn(kvm, of, (GPA / PAGE) as Gfn, found));
    if (result === 0) host.kernel.pages.put_page(found.page);
    return result;
  };
  return { host, fd, slot, lookUp };
}

export const gmemChecks: Checks = {
  "gmem-rw-1": () => {
    const { host, fd } = fourPages();
    expect(host.sys.read(fd, new Uint8Array(64))).toBe(-EINVAL);
  },
  "gmem-rw-3": () => {
    const { host, fd } = fourPages();
    expect(host.sys.pread(fd, new Uint8Array(64), 0)).toBe(-EINVAL);
  },
  "gmem-rw-4": () => {
    const { host, fd } = fourPages();
    expect(host.sys.pwrite(fd, new Uint8Array(64), 0)).toBe(-EINVAL);
  },
  "gmem-mmap-1": () => {
    const { host, fd } = fourPages();
    expect(host.sys.mmap(0, PAGE, RW, MAP_SHARED, fd, 0)).toBe(-ENODEV);
  },
  "gmem-mmap-2": () => {
    const { host, fd } = mappable(GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED, 0);
    const at = host.sys.mmap(0, 16 * PAGE, RW, MAP_SHARED, fd, 0);
    const pattern = new Uint8Array(4 * PAGE).fill(0xaa);

    host.user.write(at, pattern);

    expect(host.user.read(at, 4 * PAGE)).toEqual(pattern);
    expect(() => host.user.write(at + 4 * PAGE, Uint8Array.of(0xaa))).toThrow("no writable user memory");
  },
  "gmem-mmap-3": () => {
    const { host, fd } = mappable(GUEST_MEMFD_FLAG_MMAP, 0x100);
    const at = host.sys.mmap(0, PAGE, RW, MAP_SHARED, fd, 0);
    expect(at).toBeGreaterThan(0);
    expect(() => host.user.read(at, 1)).toThrow("no readable user memory");
  },
  "gmem-mmap-4": () => {
    const { host, fd } = mappable(GUEST_MEMFD_FLAG_MMAP, 0);
    expect(host.sys.mmap(0, PAGE, RW, MAP_PRIVATE, fd, 0)).toBe(-EINVAL);
  },
  "gmem-size-1": () => {
    const { host, fd } = fourPages();
    const bytes = stat();
    expect(host.sys.fstat(fd, bytes)).toBe(0);
    expect(stat.decode(bytes).st_size).toBe(16384n);
  },
  "gmem-size-2": () => {
    const { host, fd } = fourPages();
    const bytes = stat();
    expect(host.sys.fstat(fd, bytes)).toBe(0);
    expect(stat.decode(bytes).st_blksize).toBe(PAGE);
  },
  "gmem-falloc-3": fallocate(-EINVAL),
  "gmem-falloc-4": fallocate(-EINVAL),
  "gmem-falloc-5": fallocate(0),
  "gmem-falloc-6": fallocate(0),
  "gmem-falloc-7": fallocate(-EINVAL),
  "gmem-falloc-9": (testCase) => {
    const { host, fd } = fourPages();
    expect(host.sys.fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE)).toBe(0);
    expect(host.sys.fallocate(fd, PUNCH, PAGE, PAGE)).toBe(0);
    expect(pageOf(host, fd, 1)).toBe(0);
    expect(host.sys.fallocate(fd, ...range(testCase))).toBe(0);
    expect(pageOf(host, fd, 1)).not.toBe(0);
  },
  "gmem-punch-bad-2": fallocate(-EINVAL),
  "gmem-punch-bad-3": fallocate(-EINVAL),
  "gmem-punch-bad-4": fallocate(-EINVAL),
  "gmem-punch-bad-5": fallocate(-EINVAL),
  "gmem-punch-bad-7": fallocate(-EINVAL),
  "gmem-punch-bad-8": fallocate(-EINVAL),
  "gmem-punch-bad-10": fallocate(-EINVAL),
  "gmem-create-size-1": create,
  "gmem-create-size-2": create,
  "gmem-create-size-4095": create,
  "gmem-create-flag-1": create,
  "gmem-create-flag-2": create,
  "gmem-create-flag-63": create,
  "gmem-src-1": () => {
    const { host, fd } = fourPages();
    expect(host.sys.fallocate(fd, 0, 0, PAGE)).toBe(-EOPNOTSUPP);
  },
  "gmem-src-3": () => {
    const { host, fd } = fourPages();
    expect(host.sys.fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 0)).toBe(-EINVAL);
  },
  "gmem-src-4": () => {
    const { host, fd } = fourPages();
    expect(host.sys.fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, PAGE)).toBe(-EOPNOTSUPP);
  },
  "gmem-src-6": () => {
    const { host, fd } = fourPages();
    expect(host.sys.ftruncate(fd, 32768)).toBe(-EINVAL);
  },
  "gmem-src-7": () => {
    const { host, fd } = fourPages();
    expect(host.sys.fchmod(fd, 0o600)).toBe(-EINVAL);
  },
  "gmem-src-8": () => {
    const host = auditedHost();
    expect(createGmem(host, createVm(host), 0)).toBe(-EINVAL);
  },
  "gmem-src-9": () => {
    const host = auditedHost();
    expect(createGmem(host, createVm(host), 2n ** 64n - 4096n)).toBe(-EINVAL);
  },
  "gmem-src-10": () => {
    const host = auditedHost();
    const bytes = kvm_create_guest_memfd({ size: PAGE, reserved: [1n, 2n, 3n, 4n, 5n, 6n] });
    expect(host.sys.ioctl(createVm(host), KVM_CREATE_GUEST_MEMFD, bytes)).toBeGreaterThan(0);
  },
  "gmem-pfn-2": () => {
    const { host, fd, lookUp } = slotOfFour();
    host.sys.close(fd);
    expect(lookUp()).toBe(-EFAULT);
  },
  "gmem-pfn-3": () => {
    const { host, slot, lookUp } = slotOfFour();
    expect(lookUp({ ...slot })).toBe(-EIO);
    expect(warnings(host)).toEqual(["kvm_gmem_get_pfn: another slot is bound at this offset"]);
  },
  "gmem-pfn-4": () => {
    const { host, fd, lookUp } = slotOfFour();
    expect(lookUp()).toBe(0);
    const page = pageOf(host, fd, 0);
    host.kernel.pages.poison(page);
    expect(lookUp()).toBe(-EHWPOISON);
    expect(host.kernel.pages.page_count(page)).toBe(1);
  },
  "gmem-pfn-5": () => {
    const { host, lookUp } = slotOfFour();
    host.kernel.faults.arm("alloc", 1);
    expect(lookUp()).toBe(-ENOMEM);
  },
  "gmem-life-1": () => {
    const { host, vm, fd } = fourPages();
    host.sys.close(vm);
    expect(host.sys.fallocate(fd, PUNCH, 0, 4 * PAGE)).toBe(0);
    expect(host.sys.fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE)).toBe(0);
    expect(host.kernel.vm_list.size).toBe(1);
    host.sys.close(fd);
    expect(host.kernel.vm_list.size).toBe(0);
  },
  "gmem-life-2": () => {
    const host = auditedHost();
    const vmm = startRealm(host, { gpa: GPA, size: 4 * PAGE });
    mapPrivate(host, vmm.vm, GPA, GPA + 4 * PAGE);
    const kvm = kvmOf(host, vmm.vm);
    const users = kvm.users_count;

    host.sys.close(vmm.memory[0]?.guestMemfd ?? -1);

    expect([0, 1, 2, 3].some((page) => isMapped(host, vmm.vm, GPA + page * PAGE))).toBe(false);
    expect(kvm.memslots.gfn_tree.map(({ id, gmem }) => [id, gmem.file])).toEqual([[0, undefined]]);
    expect(kvm.users_count).toBe(users - 1);
  },
};
