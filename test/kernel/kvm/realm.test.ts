// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import {
  EBUSY,
  EEXIST,
  EFAULT,
  EINVAL,
  EIO,
  ENOENT,
  ENOEXEC,
  ENOMEM,
  ENOSYS,
  ENXIO,
  EPERM,
} from "../../../lib/src/base/errno.ts";
import type { Host } from "../../../lib/src/boot.ts";
import {
  kvm_mmu_invalidate_begin,
  kvm_mmu_invalidate_end,
  kvm_mmu_invalidate_range_add,
  mmu_invalidate_retry_gfn,
} from "../../../lib/src/kernel/kvm/invalidate.ts";
import { kvm_mmu_cache_min_pages } from "../../../lib/src/kernel/kvm/kvm.ts";
import * as kvm from "../../../lib/src/kernel/kvm/uapi.ts";
import { stage2Levels } from "../../../lib/src/kernel/kvm/vm-lifetime.ts";
import { changeRipas, type GuestProgram, RSI_RIPAS, readingGuest } from "../../../lib/src/user/guest.ts";
import { startRealm, Vmm, type VmmVcpu } from "../../../lib/src/user/vmm.ts";
import { auditedHost, isMapped, kvmOf, mapPrivate } from "../../support/host.ts";
import { createVm, GPA, PAGE, setAttributes, setRegion } from "../../support/vm.ts";

/** KVM_ENABLE_CAP with an action of the realm. */
function action(host: Host, vm: number, number: number, argument?: Uint8Array, flags = 0): number {
  const pointer = argument === undefined ? 0 : host.user.place(argument);
  const bytes = kvm.kvm_enable_cap({ cap: kvm.KVM_CAP_ARM_RME, flags, args: [number, pointer] });
  return host.sys.ioctl(vm, kvm.KVM_ENABLE_CAP, bytes);
}

const ripas = (base: number | bigint, size: number | bigint) =>
  kvm.kvm_cap_arm_rme_init_ripas_args({ base, size });
const image = (base: number | bigint, size: number | bigint, flags = 0) =>
  kvm.kvm_cap_arm_rme_populate_realm_args({ base, size, flags });

describe("the type of a VM", () => {
  it.each([
    ["IPA sizes below 32", 0x100 | 31, -EINVAL],
    ["IPA sizes above the host's limit", 0x100 | 49, -EINVAL],
    ["another kind", 0x200, -EINVAL],
    ["a bit above", 0x1000, -EINVAL],
    ["a negative number", -1, -EINVAL],
  ])("is refused for %s", (_, type, expected) => {
    const host = auditedHost();
    expect(host.sys.ioctl(host.sys.open("/dev/kvm"), kvm.KVM_CREATE_VM, type)).toBe(expected);
  });

  it.each([
    [32, 2, 1],
    [34, 2, 1],
    [35, 3, 2],
    [43, 3, 2],
    [44, 4, 3],
    [48, 4, 3],
  ])("with %d IPA bits means %d levels and %d pages to top up", (bits, levels, pages) => {
    const host = auditedHost();
    const { mmu } = kvmOf(host, createVm(host, 0x100 | bits)).arch;
    expect([stage2Levels(bits), mmu.levels, kvm_mmu_cache_min_pages(mmu)]).toEqual([levels, levels, pages]);
  });
});

describe("an unknown command", () => {
  it("is -EINVAL on every file of KVM, as arm64 has it", () => {
    const host = auditedHost();
    const device = host.sys.open("/dev/kvm");
    const vm = host.sys.ioctl(device, kvm.KVM_CREATE_VM, 0x100);
    const vcpu = host.sys.ioctl(vm, kvm.KVM_CREATE_VCPU, 0);
    expect([device, vm, vcpu].map((fd) => host.sys.ioctl(fd, 0xaeff))).toEqual([-EINVAL, -EINVAL, -EINVAL]);
  });
});

describe("setting a realm up", () => {
  it("refuses another capability, flags, an unknown action, and a VM that is no realm", () => {
    const host = auditedHost();
    const vm = createVm(host);
    expect(host.sys.ioctl(vm, kvm.KVM_ENABLE_CAP, kvm.kvm_enable_cap({ cap: 1 }))).toBe(-EINVAL);
    expect(action(host, vm, 1, undefined, 1)).toBe(-EINVAL);
    expect(action(host, vm, 5)).toBe(-EINVAL);
    expect(action(host, createVm(host, 0), 1)).toBe(-EINVAL);
    expect(host.sys.ioctl(vm, kvm.KVM_ENABLE_CAP)).toBe(-EFAULT);
  });

  it("takes parameters before the realm exists, and -EBUSY afterwards, before it looks at the pointer", () => {
    const host = auditedHost();
    const vm = createVm(host);
    const item = (cfg: number, algorithm = 0) =>
      kvm.kvm_cap_arm_rme_config_item({ cfg, rpv: Uint8Array.of(algorithm) });
    expect(action(host, vm, 0)).toBe(-EFAULT);
    expect(action(host, vm, 0, item(2))).toBe(-EINVAL);
    expect(action(host, vm, 0, item(1, 2))).toBe(-EINVAL);
    expect(action(host, vm, 0, item(1, 1))).toBe(0);
    expect(action(host, vm, 0, item(0))).toBe(0);
    expect(action(host, vm, 1)).toBe(0);
    expect(action(host, vm, 0)).toBe(-EBUSY);
  });

  it("makes a realm once", () => {
    const host = auditedHost();
    const vm = createVm(host);
    expect([action(host, vm, 1), action(host, vm, 1)]).toEqual([0, -EEXIST]);
  });

  it.each([1, 2, 3])("is -ENXIO with everything undone when firmware call %d is refused", (nth) => {
    const host = auditedHost();
    const vm = createVm(host, 0x100 | 40);
    host.kernel.faults.arm("rmi", nth);
    expect(action(host, vm, 1)).toBe(host.kernel.faults.fired ? -ENXIO : 0);
    expect(kvmOf(host, vm).arch.realm.state).toBe("NONE");
    expect(action(host, vm, 1)).toBe(0);
  });

  it("is -ENOMEM when every VMID is taken", () => {
    const host = auditedHost();
    const vm = createVm(host);
    for (let vmid = 1; vmid < 256; vmid++) host.kernel.rme_vmid_bitmap.add(vmid);
    expect(action(host, vm, 1)).toBe(-ENOMEM);
    host.kernel.rme_vmid_bitmap.clear();
  });

  it("declares and fills memory only while the realm is NEW", () => {
    const host = auditedHost();
    const vm = createVm(host);
    expect(action(host, vm, 2, ripas(GPA, PAGE))).toBe(-EINVAL);
    expect(action(host, vm, 3, image(GPA, PAGE))).toBe(-EINVAL);
    expect(action(host, vm, 4)).toBe(-EINVAL);
    action(host, vm, 1);
    expect([action(host, vm, 4), action(host, vm, 4)]).toEqual([0, -EINVAL]);
    expect(action(host, vm, 2, ripas(GPA, PAGE))).toBe(-EINVAL);
    expect(action(host, vm, 3, image(GPA, PAGE))).toBe(-EINVAL);
  });

  it.each([
    ["wraps", ripas(2n ** 64n - 4096n, 8192n), -EINVAL],
    ["lies beyond the private half", ripas(2n ** 39n, 4096n), -ENXIO],
    ["is far too large", ripas(0n, 2n ** 50n), -ENXIO],
  ])("refuses to declare RAM where the range %s", (_, argument, expected) => {
    const host = auditedHost();
    const vm = createVm(host);
    action(host, vm, 1);
    expect(action(host, vm, 2, argument)).toBe(expected);
  });

  it.each([
    ["is not aligned", image(GPA + 1, PAGE), -EINVAL],
    ["has a size that is not", image(GPA, PAGE + 1), -EINVAL],
    ["has an unknown flag", image(GPA, PAGE, 2), -EINVAL],
    ["wraps", image(2n ** 64n - 4096n, 8192n), -EINVAL],
    ["lies in no slot", image(0x1000, PAGE), -EFAULT],
    ["crosses the end of a slot", image(GPA, 2 * PAGE), -EINVAL],
    ["lies in a slot without guest_memfd", image(0x10_0000, PAGE), -EPERM],
  ])("refuses to fill memory where the range %s", (_, argument, expected) => {
    const host = auditedHost();
    const vmm = new Vmm(host);
    vmm.createVm();
    vmm.addMemory({ gpa: GPA, size: PAGE });
    setRegion(host, vmm.vm, { slot: 4, gpa: 0x10_0000, size: PAGE, hva: host.user.allocate(PAGE) });
    vmm.createRealm();
    expect(action(host, vmm.vm, 3, argument)).toBe(expected);
  });
});

describe("a vCPU", () => {
  it("must be initialised and finalised in the right order, and belongs to one process", () => {
    const host = auditedHost();
    const vm = createVm(host);
    expect([-1, 512, 0.5].map((id) => host.sys.ioctl(vm, kvm.KVM_CREATE_VCPU, id))).toEqual(
      Array(3).fill(-EINVAL),
    );
    const vcpu = host.sys.ioctl(vm, kvm.KVM_CREATE_VCPU, 0);
    expect(host.sys.ioctl(vm, kvm.KVM_CREATE_VCPU, 0)).toBe(-EEXIST);
    const rec = new Uint8Array(new Int32Array([kvm.KVM_ARM_VCPU_REC]).buffer);
    const finalize = () => host.sys.ioctl(vcpu, kvm.KVM_ARM_VCPU_FINALIZE, rec);
    expect([host.sys.ioctl(vcpu, kvm.KVM_RUN), finalize()]).toEqual([-ENOEXEC, -ENOEXEC]);
    expect(host.sys.ioctl(vcpu, kvm.KVM_ARM_VCPU_INIT, kvm.kvm_vcpu_init())).toBe(-EINVAL);
    const features = kvm.kvm_vcpu_init({ features: [1 << kvm.KVM_ARM_VCPU_REC] });
    expect(host.sys.ioctl(vcpu, kvm.KVM_ARM_VCPU_INIT, features)).toBe(0);
    expect([host.sys.ioctl(vcpu, kvm.KVM_RUN), finalize()]).toEqual([-EPERM, -ENOENT]);
    action(host, vm, 1);
    expect([finalize(), finalize(), host.sys.ioctl(vcpu, kvm.KVM_RUN)]).toEqual([0, -EBUSY, -EINVAL]);
    // Once the realm runs no REC can be made, also where there is one.
    action(host, vm, 4);
    expect(finalize()).toBe(-ENOENT);
    const other = host.newProcess();
    expect(other.sys.ioctl(other.receive(host.process, vcpu), kvm.KVM_RUN)).toBe(-EIO);
  });

  it("looks at its argument last to finalise, and takes none to run", () => {
    const host = auditedHost();
    const vcpu = host.sys.ioctl(createVm(host), kvm.KVM_CREATE_VCPU, 0);
    expect(host.sys.ioctl(vcpu, kvm.KVM_ARM_VCPU_FINALIZE)).toBe(-ENOEXEC);
    expect(host.sys.ioctl(vcpu, kvm.KVM_RUN, 1)).toBe(-EINVAL);
    const init = (...features: number[]) =>
      host.sys.ioctl(vcpu, kvm.KVM_ARM_VCPU_INIT, kvm.kvm_vcpu_init({ features }));
    const REC = 1 << kvm.KVM_ARM_VCPU_REC;
    // Features that no kernel knows come before those that this VM cannot have.
    expect([init(REC | (1 << 10)), init(1 << 31), init(0, 1), init(REC, 0, 0, 0, 0, 0, 1)]).toEqual(
      Array(4).fill(-ENOENT),
    );
    expect([init(0), init(REC)]).toEqual([-EINVAL, 0]);
    expect(host.sys.ioctl(vcpu, kvm.KVM_ARM_VCPU_FINALIZE)).toBe(-EFAULT);
    expect(host.sys.ioctl(vcpu, kvm.KVM_RUN)).toBe(-EPERM);
  });

  it("keeps the VM alive through its mapping, after every descriptor is closed", () => {
    const host = auditedHost();
    const vmm = startRealm(host, { gpa: GPA, size: PAGE, programs: [readingGuest([], { read: [] })] });
    for (const fd of [vmm.kvm, vmm.vm, vmm.vcpus[0]?.fd, vmm.memory[0]?.guestMemfd]) host.sys.close(fd ?? -1);
    expect(host.kernel.vm_list.size).toBe(1);
    host.sys.munmap(vmm.vcpus[0]?.run ?? 0, PAGE);
    expect(host.kernel.vm_list.size).toBe(0);
  });
});

describe("a fault of a realm", () => {
  function reading(ipa: number, prepare: (host: Host, vmm: Vmm) => void) {
    const host = auditedHost();
    const notebook = { read: [] as (bigint | undefined)[] };
    const vmm = startRealm(host, { gpa: GPA, size: PAGE, programs: [readingGuest([ipa], notebook)] });
    prepare(host, vmm);
    const result = host.sys.ioctl((vmm.vcpus[0] as VmmVcpu).fd, kvm.KVM_RUN);
    const run = kvm.kvm_run.decode(host.user.read((vmm.vcpus[0] as VmmVcpu).run, 4096));
    return { host, vmm, result, run, read: notebook.read };
  }

  it("in the half that the attribute does not say leaves with a memory-fault exit", () => {
    const { result, run } = reading(GPA, (_, vmm) => vmm.setShared(GPA, PAGE));
    expect([result, run]).toEqual([
      -EFAULT,
      {
        exit_reason: kvm.KVM_EXIT_MEMORY_FAULT,
        memory_fault_flags: BigInt(kvm.KVM_MEMORY_EXIT_FLAG_PRIVATE),
        memory_fault_gpa: BigInt(GPA),
        memory_fault_size: 4096n,
      },
    ]);
  });

  it("on private memory maps the page, which the mapping owns from then on", () => {
    const { read, host, vmm } = reading(GPA, () => {});
    expect([read, isMapped(host, vmm.vm, GPA)]).toEqual([[0n], true]);
  });

  it("on private memory without a slot is taken for a device access that nobody can emulate", () => {
    const deleted = (host: Host, vmm: Vmm) => setRegion(host, vmm.vm, { slot: 0, gpa: GPA, size: 0 });
    expect(reading(GPA, deleted).result).toBe(-ENOSYS);
  });

  it("on private memory in a slot without guest_memfd is refused", () => {
    const plain = (host: Host, vmm: Vmm) => {
      setRegion(host, vmm.vm, { slot: 0, gpa: GPA, size: 0 });
      setRegion(host, vmm.vm, { slot: 0, gpa: GPA, size: PAGE, hva: host.user.allocate(PAGE) });
    };
    expect(reading(GPA, plain).result).toBe(-EINVAL);
  });

  it("on shared memory sees what the host wrote, until the host unmaps it", () => {
    const { host, vmm, read } = reading(GPA + 2 ** 39, (host, vmm) => {
      vmm.setShared(GPA, PAGE);
      host.user.write(vmm.memory[0]?.shared ?? 0, Uint8Array.of(7));
    });
    expect(read).toEqual([7n]);
    host.sys.munmap(vmm.memory[0]?.shared ?? 0, PAGE);
    expect(host.sys.ioctl(vmm.vcpus[0]?.fd ?? -1, kvm.KVM_RUN)).toBe(-EFAULT);
  });

  it("on shared memory that user space may not write is -EFAULT, also for a load", () => {
    const readOnly = (host: Host, vmm: Vmm) => {
      setRegion(host, vmm.vm, { slot: 0, gpa: GPA, size: 0 });
      const hva = host.sys.mmap(0, PAGE, 1, 0x22, -1, 0);
      setRegion(host, vmm.vm, { slot: 0, gpa: GPA, size: PAGE, hva });
    };
    expect(reading(GPA + 2 ** 39, readOnly).result).toBe(-EFAULT);
  });

  it("ends with a change of RIPAS when the realm gives memory up, and the page comes back to the host", () => {
    const host = auditedHost();
    function* guest(): GuestProgram {
      yield { op: "load", ipa: GPA };
      yield* changeRipas(GPA, GPA + PAGE, RSI_RIPAS.EMPTY);
      return undefined;
    }
    const vmm = startRealm(host, { gpa: GPA, size: PAGE, programs: [guest()] });
    vmm.run(vmm.vcpus[0] as VmmVcpu);
    vmm.run(vmm.vcpus[0] as VmmVcpu);
    expect(isMapped(host, vmm.vm, GPA)).toBe(false);
  });
});

describe("the sequence count of invalidations", () => {
  it("stops a fault in the range while one is under way, and everywhere when one has ended", () => {
    const host = auditedHost();
    const vm = kvmOf(host, createVm(host));
    const sampled = vm.mmu_invalidate_seq;
    kvm_mmu_invalidate_begin(vm);
    kvm_mmu_invalidate_range_add(vm, 10, 12);
    kvm_mmu_invalidate_range_add(vm, 20, 21);
    const retries = (gfns: number[]) => gfns.map((gfn) => mmu_invalidate_retry_gfn(vm, sampled, gfn));
    expect(retries([9, 10, 15, 20, 21])).toEqual([false, true, true, true, false]);
    kvm_mmu_invalidate_end(vm);
    expect(retries([9, 10])).toEqual([true, true]);
    expect(mmu_invalidate_retry_gfn(vm, vm.mmu_invalidate_seq, 10)).toBe(false);
  });

  it("goes up by one for each punched hole that some slot uses", () => {
    const host = auditedHost();
    const vmm = startRealm(host, { gpa: GPA, size: 2 * PAGE });
    const vm = kvmOf(host, vmm.vm);
    const before = vm.mmu_invalidate_seq;
    mapPrivate(host, vmm.vm, GPA, GPA + 2 * PAGE);
    expect(vm.mmu_invalidate_seq).toBe(before);
    vmm.punchHole(vmm.memory[0] as never, 0, PAGE);
    vmm.punchHole(vmm.memory[0] as never, 100 * PAGE, PAGE);
    expect(vm.mmu_invalidate_seq).toBe(before + 1);
  });

  it("does not move for attributes where there is no slot, nor where nothing changes", () => {
    const host = auditedHost();
    const vmm = startRealm(host, { gpa: GPA, size: PAGE });
    const vm = kvmOf(host, vmm.vm);
    const before = vm.mmu_invalidate_seq;
    setAttributes(host, vmm.vm, 0, PAGE, kvm.KVM_MEMORY_ATTRIBUTE_PRIVATE);
    setAttributes(host, vmm.vm, GPA, PAGE, kvm.KVM_MEMORY_ATTRIBUTE_PRIVATE);
    expect(vm.mmu_invalidate_seq).toBe(before);
    setAttributes(host, vmm.vm, GPA, PAGE, 0);
    expect(vm.mmu_invalidate_seq).toBe(before + 1);
  });
});
