// SPDX-License-Identifier: MIT
import { expect } from "vitest";
import { EINTR, EINVAL, ENOENT, EOPNOTSUPP } from "../../lib/src/base/errno.ts";
import type { BootOptions, Host } from "../../lib/src/boot.ts";
import { kvm_mem_is_private } from "../../lib/src/kernel/kvm/memory-attributes.ts";
import {
  KVM_MEMORY_ATTRIBUTE_PRIVATE,
  KVM_PRE_FAULT_MEMORY,
  kvm_pre_fault_memory,
} from "../../lib/src/kernel/kvm/uapi.ts";
import { readingGuest } from "../../lib/src/user/guest.ts";
import { startRealm, Vmm, type VmmVcpu } from "../../lib/src/user/vmm.ts";
import { auditedHost, isMapped, kvmOf, mapPrivate, rttEntry } from "../support/host.ts";
import { createVm, GPA, PAGE, setAttributes, setRegion } from "../support/vm.ts";
import type { Checks } from "./kernel-kvm-checks.ts";

const PRIVATE = KVM_MEMORY_ATTRIBUTE_PRIVATE;
const ALIAS = 2 ** 39;
const MiB = 2 ** 20;

/** KVM_SET_MEMORY_ATTRIBUTES on a realm VM without memory. */
function set(address: bigint, size: bigint, attributes: number, flags = 0): number {
  const host = auditedHost();
  return setAttributes(host, createVm(host), address, size, attributes, flags);
}

/** A realm with one page, which its guest has read in both halves, first as private and then as shared memory. */
function pageSeenBothWays(): { host: Host; vmm: Vmm } {
  const host = auditedHost();
  const notebook = { read: [] };
  const vmm = startRealm(host, { gpa: GPA, size: PAGE, programs: [readingGuest([GPA + ALIAS], notebook)] });
  vmm.setShared(GPA, PAGE);
  vmm.run(vmm.vcpus[0] as VmmVcpu);
  mapPrivate(host, vmm.vm, GPA, GPA + PAGE);
  expect([isMapped(host, vmm.vm, GPA), rttEntry(host, vmm.vm, GPA + ALIAS).hipas]).toEqual([true, 1]);
  return { host, vmm };
}

/** A realm that runs with a slot of 2 MiB + 4 KiB, private or without guest_memfd, and a vCPU. */
function prefaultable(memory: "private" | "plain", options: BootOptions = {}): { host: Host; vcpu: number } {
  const host = auditedHost({ config: { KVM_RELEASE: "2026" }, ...options });
  const vmm = new Vmm(host);
  vmm.createVm();
  const size = 2 * MiB + PAGE;
  if (memory === "private") vmm.addMemory({ gpa: GPA, size });
  else setRegion(host, vmm.vm, { slot: 0, gpa: GPA, size, hva: host.user.allocate(size) });
  const { fd } = vmm.addVcpu(readingGuest([], { read: [] }));
  vmm.createRealm();
  vmm.finalizeVcpus();
  vmm.activate();
  return { host, vcpu: fd };
}

function preFault(
  { host, vcpu }: { host: Host; vcpu: number },
  range: { gpa: number | bigint; size: number | bigint; flags?: number },
): { result: number; left: bigint } {
  const bytes = kvm_pre_fault_memory(range);
  const result = host.sys.ioctl(vcpu, KVM_PRE_FAULT_MEMORY, bytes);
  return { result, left: kvm_pre_fault_memory.decode(bytes).size };
}

export const attributeChecks: Checks = {
  "attr-1": () => {
    expect(set(0n, 4096n, PRIVATE, 1)).toBe(-EINVAL);
  },
  "attr-2": () => {
    expect(set(0n, 4096n, 1)).toBe(-EINVAL);
  },
  "attr-4": () => {
    expect(set(0n, 0n, PRIVATE)).toBe(-EINVAL);
  },
  "attr-5": () => {
    expect(set(2n ** 64n - 4096n, 8192n, PRIVATE)).toBe(-EINVAL);
  },
  "attr-7": () => {
    expect(set(0n, 2n ** 40n, PRIVATE)).toBe(0);
  },
  "attr-9": () => {
    const host = auditedHost();
    const vmm = startRealm(host, { gpa: GPA, size: PAGE });
    mapPrivate(host, vmm.vm, GPA, GPA + PAGE);
    const calls = host.trace.record(() => vmm.setShared(GPA, PAGE)).filter(({ kind }) => kind === "smc");
    expect([isMapped(host, vmm.vm, GPA), rttEntry(host, vmm.vm, GPA + ALIAS).hipas]).toEqual([false, 0]);
    expect(calls.map(({ name }) => name)).toContain("RMI_RTT_UNMAP_UNPROTECTED");
  },
  "attr-10": () => {
    const { host, vmm } = pageSeenBothWays();
    vmm.setPrivate(GPA, PAGE);
    expect([isMapped(host, vmm.vm, GPA), rttEntry(host, vmm.vm, GPA + ALIAS).hipas]).toEqual([true, 0]);
  },
  "attr-13": () => {
    const host = auditedHost();
    const kvm = kvmOf(host, createVm(host));
    expect([0, 1, 2 ** 28, 2 ** 51].map((gfn) => kvm_mem_is_private(kvm, gfn))).toEqual(Array(4).fill(false));
  },
  "attr-14": () => {
    const host = auditedHost();
    const notebook = { read: [] };
    const vmm = new Vmm(host);
    vmm.createVm();
    const memory = vmm.addMemory({ gpa: GPA, size: PAGE, shared: true });
    const vcpu = vmm.addVcpu(readingGuest([GPA], notebook));
    vmm.createRealm();
    vmm.finalizeVcpus();
    vmm.activate();
    host.user.write(memory.shared, Uint8Array.of(0xaa));

    vmm.setPrivate(GPA, PAGE);
    vmm.run(vcpu);

    expect(notebook.read).toEqual([0n]);
    expect(host.user.read(memory.shared, 1)).toEqual(Uint8Array.of(0xaa));
  },
  "pf-1": () => {
    for (const memory of ["private", "plain"] as const) {
      const vm = prefaultable(memory);
      expect(preFault(vm, { gpa: GPA, size: 2 * MiB })).toEqual({ result: 0, left: 0n });
      expect(preFault(vm, { gpa: GPA + 2 * MiB, size: PAGE })).toEqual({ result: 0, left: 0n });
    }
  },
  "pf-3": () => {
    const vm = prefaultable("private");
    const gpa = GPA + 2 * MiB + PAGE;
    expect(preFault(vm, { gpa, size: PAGE })).toEqual({ result: -ENOENT, left: 4096n });
    expect(preFault(vm, { gpa: gpa - PAGE, size: 2 * PAGE })).toEqual({ result: 0, left: 4096n });
  },
  "pf-src-1": () => {
    const vm = prefaultable("private");
    expect(preFault(vm, { gpa: GPA, size: PAGE, flags: 1 }).result).toBe(-EINVAL);
  },
  "pf-src-2": () => {
    const vm = prefaultable("private");
    expect(preFault(vm, { gpa: GPA + 1, size: PAGE }).result).toBe(-EINVAL);
    expect(preFault(vm, { gpa: GPA, size: PAGE + 1 }).result).toBe(-EINVAL);
  },
  "pf-src-3": () => {
    const vm = prefaultable("private");
    expect(preFault(vm, { gpa: GPA, size: 0 }).result).toBe(-EINVAL);
    expect(preFault(vm, { gpa: 2n ** 64n - 4096n, size: 8192 }).result).toBe(-EINVAL);
  },
  "pf-src-4": () => {
    const vm = prefaultable("private");
    vm.host.process.task.signal_pending = true;
    expect(preFault(vm, { gpa: GPA, size: PAGE })).toEqual({ result: -EINTR, left: 4096n });
  },
  "pf-src-6": () => {
    const host = auditedHost({ config: { KVM_RELEASE: "2026" } });
    const vmm = new Vmm(host);
    vmm.createVm();
    vmm.addMemory({ gpa: GPA, size: PAGE });
    const { fd } = vmm.addVcpu(readingGuest([], { read: [] }));
    vmm.createRealm();
    expect(preFault({ host, vcpu: fd }, { gpa: GPA, size: PAGE })).toEqual({
      result: -EOPNOTSUPP,
      left: 4096n,
    });
  },
};
