// SPDX-License-Identifier: MIT
import { expect } from "vitest";
import type { Gfn } from "../../lib/src/base/address.ts";
import { EBADF, EEXIST, EFAULT, EINVAL, EIO } from "../../lib/src/base/errno.ts";
import { gfn_to_memslot, kvm_slot_can_be_private } from "../../lib/src/kernel/kvm/memslots.ts";
import {
  KVM_CAP_NR_MEMSLOTS,
  KVM_CHECK_EXTENSION,
  KVM_EXIT_MMIO,
  KVM_MEM_GUEST_MEMFD,
  KVM_MEM_READONLY,
  KVM_SET_USER_MEMORY_REGION,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_userspace_memory_region,
  kvm_userspace_memory_region2,
} from "../../lib/src/kernel/kvm/uapi.ts";
import { readingGuest } from "../../lib/src/user/guest.ts";
import { startRealm } from "../../lib/src/user/vmm.ts";
import { auditedHost, kvmOf, leaves, warnings } from "../support/host.ts";
import { createGmem, createVm, PAGE, setRegion } from "../support/vm.ts";
import type { Checks } from "./kernel-kvm-checks.ts";

const MEM_REGION_GPA = 0xc000_0000;
const MEM_REGION_SIZE = 0x20_0000;
const SLOT = 10;

/** Both versions of the call with one unsupported flag bit. */
function unsupportedFlag(bit: number): void {
  const host = auditedHost();
  const vm = createVm(host, 0);
  const region = {
    slot: SLOT,
    flags: (1 << bit) >>> 0,
    guest_phys_addr: MEM_REGION_GPA,
    memory_size: MEM_REGION_SIZE,
  };

  const first = host.sys.ioctl(vm, KVM_SET_USER_MEMORY_REGION, kvm_userspace_memory_region(region));
  const second = host.sys.ioctl(vm, KVM_SET_USER_MEMORY_REGION2, kvm_userspace_memory_region2(region));

  expect([first, second]).toEqual([-EINVAL, -EINVAL]);
}

function gmemSlot(): { host: ReturnType<typeof auditedHost>; vm: number; gmem: number } {
  const host = auditedHost();
  const vm = createVm(host);
  const gmem = createGmem(host, vm, MEM_REGION_SIZE);
  expect(setRegion(host, vm, { slot: SLOT, gpa: MEM_REGION_GPA, size: MEM_REGION_SIZE, gmem })).toBe(0);
  return { host, vm, gmem };
}

/** A region of an ordinary VM in which one thing is wrong. */
function plainRegion(wrong: { gpa?: bigint; size?: bigint }): number {
  const host = auditedHost();
  const vm = createVm(host, 0);
  return setRegion(host, vm, { slot: 0, gpa: 0x1000n, size: 0x1000n, ...wrong });
}

function bindTo(gmemOf: (host: ReturnType<typeof auditedHost>, vm: number) => number): number {
  const host = auditedHost();
  const vm = createVm(host);
  const gmem = gmemOf(host, vm);
  return setRegion(host, vm, { slot: SLOT, gpa: MEM_REGION_GPA, size: MEM_REGION_SIZE, gmem });
}

export const slotChecks: Checks = {
  "slot-gmem-2": () => {
    expect(bindTo((_, vm) => vm)).toBe(-EINVAL);
  },
  "slot-gmem-3": () => {
    expect(bindTo((host) => host.sys.open("/dev/shm"))).toBe(-EINVAL);
  },
  "slot-gmem-5": () => {
    const host = auditedHost();
    const vm = createVm(host);
    const gmem = createGmem(host, vm, 2 * MEM_REGION_SIZE);
    for (let offset = 1; offset < PAGE; offset++) {
      const region = { slot: SLOT, gpa: MEM_REGION_GPA, size: MEM_REGION_SIZE, gmem, offset };
      expect(setRegion(host, vm, region)).toBe(-EINVAL);
    }
  },
  "slot-gmem-6": () => {
    expect(bindTo((host, vm) => createGmem(host, vm, MEM_REGION_SIZE))).toBe(0);
  },
  "slot-gmem-8": () => {
    const host = auditedHost();
    const vm = createVm(host);
    const gmem = createGmem(host, vm, 4 * MEM_REGION_SIZE);
    const size = 2 * MEM_REGION_SIZE;
    setRegion(host, vm, { slot: SLOT, gpa: MEM_REGION_GPA, size, gmem });
    setRegion(host, vm, { slot: SLOT + 1, gpa: 2 * MEM_REGION_GPA, size, gmem, offset: size });
    setRegion(host, vm, { slot: SLOT, gpa: MEM_REGION_GPA, size: 0 });

    const front = setRegion(host, vm, { slot: SLOT, gpa: 2 * MEM_REGION_GPA - MEM_REGION_SIZE, size, gmem });
    const back = setRegion(host, vm, { slot: SLOT, gpa: 2 * MEM_REGION_GPA + MEM_REGION_SIZE, size, gmem });

    expect([front, back]).toEqual([-EEXIST, -EEXIST]);
  },
  "slot-gmem-9": () => {
    const { host, vm, gmem } = gmemSlot();
    expect(setRegion(host, vm, { slot: 11, gpa: 2 * MEM_REGION_GPA, size: PAGE, gmem })).toBe(-EINVAL);
  },
  "slot-gmem-10": () => {
    expect(bindTo(() => -1)).toBe(-EBADF);
    expect(
      bindTo((host, vm) => {
        const gmem = createGmem(host, vm, MEM_REGION_SIZE);
        host.sys.close(gmem);
        return gmem;
      }),
    ).toBe(-EBADF);
  },
  "slot-flag-1": () => {
    const host = auditedHost();
    const bytes = kvm_userspace_memory_region({ flags: KVM_MEM_GUEST_MEMFD, memory_size: PAGE });
    expect(host.sys.ioctl(createVm(host), KVM_SET_USER_MEMORY_REGION, bytes)).toBe(-EINVAL);
  },
  "slot-flag-bit3": () => unsupportedFlag(3),
  "slot-flag-bit16": () => unsupportedFlag(16),
  "slot-flag-bit31": () => unsupportedFlag(31),
  "slot-flag-3": () => {
    const host = auditedHost();
    const vm = createVm(host);
    const gmem = createGmem(host, vm, PAGE);
    const flags = KVM_MEM_READONLY | KVM_MEM_GUEST_MEMFD;
    expect(setRegion(host, vm, { slot: 0, gpa: 0, size: PAGE, gmem, flags })).toBe(-EINVAL);
  },
  "slot-flag-4": () => {
    const host = auditedHost();
    const vm = createVm(host, 0);
    const gmem = createGmem(host, vm, PAGE);
    expect(setRegion(host, vm, { slot: 0, gpa: 0, size: PAGE, gmem })).toBe(-EINVAL);
  },
  "slot-max-1": () => {
    const host = auditedHost();
    const vm = createVm(host, 0);
    const count = host.sys.ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS);
    for (let slot = 0; slot < count; slot++) setRegion(host, vm, { slot, gpa: slot * PAGE, size: PAGE });

    const last = setRegion(host, vm, { slot: count, gpa: count * PAGE, size: PAGE });

    expect([kvmOf(host, vm).memslots.gfn_tree.length, last]).toEqual([count, -EINVAL]);
  },
  "slot-del-1": () => {
    const host = auditedHost();
    const alias = MEM_REGION_GPA + 2 ** 39;
    const notebook = { read: [] };
    const vmm = startRealm(host, {
      gpa: MEM_REGION_GPA,
      size: PAGE,
      programs: [readingGuest([alias], notebook)],
    });
    vmm.setShared(MEM_REGION_GPA, PAGE);
    const vcpu = vmm.vcpus[0];
    if (vcpu === undefined) throw new Error("no vCPU");
    vmm.run(vcpu);
    expect(notebook.read).toEqual([0n]);

    expect(setRegion(host, vmm.vm, { slot: 0, gpa: MEM_REGION_GPA, size: 0 })).toBe(0);

    expect(vmm.run(vcpu).exit_reason).toBe(KVM_EXIT_MMIO);
  },
  "slot-src-1": () => {
    const host = auditedHost();
    expect(setRegion(host, createVm(host), { slot: SLOT, gpa: 0, size: 0 })).toBe(-EINVAL);
  },
  "slot-src-2": () => {
    const { host, vm, gmem } = gmemSlot();
    const same = { slot: SLOT, gpa: MEM_REGION_GPA, size: MEM_REGION_SIZE, gmem };
    expect(setRegion(host, vm, same)).toBe(-EINVAL);
    expect(setRegion(host, vm, { ...same, gpa: 2 * MEM_REGION_GPA })).toBe(-EINVAL);
  },
  "slot-src-3": () => {
    const { host, vm, gmem } = gmemSlot();
    const moved = { slot: SLOT, gpa: 2 * MEM_REGION_GPA, size: MEM_REGION_SIZE };

    expect(setRegion(host, vm, moved)).toBe(0);

    leaves(host, ["pages 0 to 512 of a guest_memfd point to slot 10, which was freed"]);
    expect(host.audit()).toEqual(["pages 0 to 512 of a guest_memfd point to slot 10, which was freed"]);
    expect(host.sys.fallocate(gmem, 3, 0n, 4096n)).toBe(0);
    expect(warnings(host)).toEqual(["kvm_gmem_invalidate_begin: use after free of a memory slot"]);

    const again = gmemSlot();
    leaves(again.host, host.audit());
    expect(setRegion(again.host, again.vm, { ...moved, gpa: MEM_REGION_GPA })).toBe(0);
  },
  "slot-src-3b": () => {
    const host = auditedHost({ config: { KVM_RELEASE: "2026" } });
    const vm = createVm(host);
    const gmem = createGmem(host, vm, MEM_REGION_SIZE);
    const region = { slot: SLOT, gpa: MEM_REGION_GPA, size: MEM_REGION_SIZE };
    setRegion(host, vm, { ...region, gmem });
    expect(setRegion(host, vm, region)).toBe(-EINVAL);
    expect(setRegion(host, vm, { ...region, gpa: 2 * MEM_REGION_GPA })).toBe(-EINVAL);
  },
  "slot-src-4": () => {
    expect(plainRegion({ size: 4097n })).toBe(-EINVAL);
  },
  "slot-src-5": () => {
    expect(plainRegion({ gpa: 1n })).toBe(-EINVAL);
  },
  "slot-src-7": () => {
    expect(plainRegion({ gpa: 2n ** 64n - 4096n, size: 8192n })).toBe(-EINVAL);
    expect(plainRegion({ gpa: 2n ** 64n - 4096n, size: 4096n })).toBe(-EINVAL);
  },
  "slot-src-8": () => {
    expect(plainRegion({ size: 2n ** 31n * 4096n })).toBe(-EINVAL);
  },
  "slot-src-9": () => {
    const host = auditedHost();
    const vm = createVm(host, 0);
    expect(setRegion(host, vm, { slot: 1, gpa: 0x1000, size: 0x2000 })).toBe(0);
    expect(setRegion(host, vm, { slot: 2, gpa: 0x2000, size: 0x2000 })).toBe(-EEXIST);
  },
  "slot-src-10": () => {
    const host = auditedHost();
    const vm = createVm(host, 0);
    setRegion(host, vm, { slot: 1, gpa: 0x1000, size: 0x2000 });
    const slot = kvmOf(host, vm).memslots.gfn_tree[0];

    expect(setRegion(host, vm, { slot: 1, gpa: 0x1000, size: 0x2000 })).toBe(0);

    expect(kvmOf(host, vm).memslots.gfn_tree).toEqual([slot]);
  },
  "slot-src-12": () => {
    const host = auditedHost();
    const vm = createVm(host, 0);
    expect(setRegion(host, vm, { slot: 0, gpa: 2 ** 40 - PAGE, size: PAGE })).toBe(0);
    expect(setRegion(host, vm, { slot: 1, gpa: 2 ** 40, size: PAGE })).toBe(-EFAULT);
  },
  "slot-src-13": () => {
    const host = auditedHost();
    const vm = createVm(host);
    const other = host.newProcess();
    const received = other.receive(host.process, vm);
    const bytes = kvm_userspace_memory_region2({ memory_size: PAGE });
    expect(other.sys.ioctl(received, KVM_SET_USER_MEMORY_REGION2, bytes)).toBe(-EIO);

    kvmOf(host, vm).vm_dead = true;
    expect(host.sys.ioctl(vm, KVM_SET_USER_MEMORY_REGION2, bytes)).toBe(-EIO);
  },
  "slot-lookup-1": () => {
    const host = auditedHost();
    const found = gfn_to_memslot(kvmOf(host, createVm(host)), 5 as Gfn);
    expect([found, kvm_slot_can_be_private(found)]).toEqual([undefined, false]);
  },
  "slot-lookup-2": () => {
    const host = auditedHost();
    const vm = createVm(host);
    setRegion(host, vm, { slot: 3, gpa: 0x4000, size: 0x3000 });
    const ids = [3, 4, 6, 7].map((gfn) => gfn_to_memslot(kvmOf(host, vm), gfn as Gfn)?.id);
    expect(ids).toEqual([undefined, 3, 3, undefined]);
  },
};
