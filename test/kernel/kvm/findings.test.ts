// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EFAULT, EINVAL, ENXIO } from "../../../lib/src/base/errno.ts";
import { runStraight } from "../../../lib/src/base/task.ts";
import { kvm_mem_is_private } from "../../../lib/src/kernel/kvm/memory-attributes.ts";
import { KVM_RUN } from "../../../lib/src/kernel/kvm/uapi.ts";
import { KILLED } from "../../../lib/src/kernel/syscall-tasks.ts";
import { RIPAS } from "../../../lib/src/rmm/rtt-entry.ts";
import { readingGuest } from "../../../lib/src/user/guest.ts";
import { startRealm, Vmm, type VmmVcpu } from "../../../lib/src/user/vmm.ts";
import {
  auditedHost,
  isMapped,
  kvmOf,
  leaves,
  mapPrivate,
  pageOf,
  preemptibly,
  rttEntry,
  stepTo,
  unowned,
  warnings,
} from "../../support/host.ts";
import { createGmem, GPA, PAGE, setAttributes, setRegion } from "../../support/vm.ts";

function realm(pages: number, options: { shared?: boolean } = {}) {
  const host = auditedHost();
  const vmm = new Vmm(host);
  vmm.createVm();
  const memory = vmm.addMemory({ gpa: GPA, size: pages * PAGE, shared: options.shared ?? false });
  vmm.createRealm();
  vmm.activate();
  const map = (start: number, end: number) => mapPrivate(host, vmm.vm, GPA + start, GPA + end);
  const mapped = () => Array.from({ length: pages }, (_, n) => isMapped(host, vmm.vm, GPA + n * PAGE));
  const page = (index: number) => pageOf(host, memory.guestMemfd, index);
  return { host, vmm, memory, map, mapped, page };
}

describe("what a review of kvm_map_private_memory as posted finds", () => {
  it("loses the last page when the start is not aligned, but maps it when only the end is not", () => {
    const { map, mapped } = realm(4);
    expect([map(0x800, 0x2800), mapped()]).toEqual([0, [true, true, false, false]]);
    const other = realm(4);
    expect([other.map(0, 0x2800), other.mapped()]).toEqual([0, [true, true, true, false]]);
  });

  it("succeeds for an empty and for a reversed range, even where there is no slot", () => {
    const { host, vmm } = realm(1);
    expect(mapPrivate(host, vmm.vm, 0, 0)).toBe(0);
    expect(mapPrivate(host, vmm.vm, 2 ** 50, 0)).toBe(0);
  });

  it("leaves what it mapped before an error, and does not tell how far it came", () => {
    const { map, mapped } = realm(2);
    expect([map(0, 4 * PAGE), mapped()]).toEqual([-EINVAL, [true, true]]);
  });

  it("takes a reference more for each repetition, which survives hole and VM", () => {
    const { host, vmm, memory, map, page } = realm(1);
    for (let n = 0; n < 3; n++) expect(map(0, PAGE)).toBe(0);
    const pfn = page(0);
    expect(host.kernel.pages.page_count(pfn)).toBe(4);
    vmm.punchHole(memory, 0, PAGE);
    expect(host.audit()).toEqual([unowned(pfn, 2)]);
    host.sys.exit();
    expect(host.audit()).toEqual([unowned(pfn, 2)]);
    leaves(host, [unowned(pfn, 2)]);
  });

  it("leaks a reference, too, when a vCPU faults on a page that it has mapped", () => {
    const host = auditedHost();
    const notebook = { read: [] };
    const vmm = startRealm(host, { gpa: GPA, size: PAGE, programs: [readingGuest([GPA], notebook)] });
    mapPrivate(host, vmm.vm, GPA, GPA + PAGE);
    vmm.punchHole(vmm.memory[0] as never, 0, PAGE);
    mapPrivate(host, vmm.vm, GPA, GPA + PAGE);
    // The address is DESTROYED now: each fault finds the page delegated, calls that success, and keeps a reference.
    expect(rttEntry(host, vmm.vm, GPA).ripas).toBe(RIPAS.DESTROYED);
    host.process.task.signal_pending = false;
    const { fd } = vmm.vcpus[0] as VmmVcpu;
    const pfn = pageOf(host, vmm.memory[0]?.guestMemfd ?? -1, 0);
    const run = host.sys.tasks.ioctl(fd, 0xae80);
    preemptibly(host, () => {
      for (let lap = 0; lap < 3; lap++) stepTo(run, ({ object }) => object === "RMI_REC_ENTER");
    });
    host.process.task.signal_pending = true;
    runStraight(run);
    expect(host.kernel.pages.page_count(pfn)).toBeGreaterThan(3);
    leaves(host, [unowned(pfn, host.kernel.pages.page_count(pfn) - 2)]);
  });

  it("keeps a vCPU going round for good at such an address: KVM_RUN never comes back", () => {
    const host = auditedHost();
    const vmm = startRealm(host, { gpa: GPA, size: PAGE, programs: [readingGuest([GPA], { read: [] })] });
    mapPrivate(host, vmm.vm, GPA, GPA + PAGE);
    vmm.punchHole(vmm.memory[0] as never, 0, PAGE);
    const { fd } = vmm.vcpus[0] as VmmVcpu;

    expect(host.sys.ioctl(fd, KVM_RUN)).toBe(KILLED);

    expect(host.process.task.killed).toContain("waits for a signal");
    // One lap, one reference: the machine loses nothing else.
    const pfn = pageOf(host, vmm.memory[0]?.guestMemfd ?? -1, 0);
    expect(host.kernel.pages.page_count(pfn)).toBeGreaterThan(900);
    leaves(host, [
      "vcpu0->mutex is held by nobody who runs",
      "a file of kvm_vcpu_fops has f_count 3, but 2 hold it",
      unowned(pfn, 999),
    ]);
  });

  it("reports success when the firmware refuses to delegate, although the page is then not mapped", () => {
    const { host, map, mapped, page } = realm(2);
    host.kernel.faults.arm("rmi", 1);
    expect([map(0, PAGE), mapped()]).toEqual([0, [false, false]]);
    leaves(host, [unowned(page(0))]);
  });

  it("maps memory as private whose attribute says shared, which is the default", () => {
    const { host, vmm, map, mapped } = realm(1, { shared: true });
    expect([map(0, PAGE), mapped()]).toEqual([0, [true]]);
    expect(kvm_mem_is_private(kvmOf(host, vmm.vm), GPA / PAGE)).toBe(false);
  });

  it("makes writers of the slots wait, holding slots_lock, until the whole range is done", () => {
    const { host, vmm } = realm(3);
    const kvm = kvmOf(host, vmm.vm);
    const idx = kvm.srcu.srcu_read_lock();
    preemptibly(host, () => {
      const region = new Uint8Array(160);
      new DataView(region.buffer).setUint32(0, 9, true);
      new DataView(region.buffer).setUint32(16, PAGE, true);
      const writer = host.sys.tasks.ioctl(vmm.vm, 0x40a0ae49, region);
      const attributes = () => setAttributes(host, vmm.vm, GPA, PAGE, 0);
      expect(stepTo(writer, ({ kind }) => kind === "wait").object).toBe("kvm->srcu");
      expect(kvm.slots_lock.held).toBe(true);
      kvm.srcu.srcu_read_unlock(idx);
      for (let step = writer.next(); step.done !== true; step = writer.next());
      expect(attributes()).toBe(0);
    });
  });

  it("is -EFAULT, not -EINVAL, in a slot that is being deleted, for the copy has no file", () => {
    const { host, vmm } = realm(1);
    preemptibly(host, () => {
      const region = new Uint8Array(160);
      const writer = host.sys.tasks.ioctl(vmm.vm, 0x40a0ae49, region);
      stepTo(writer, ({ object }) => object === "kvm->mmu_lock");
      expect(mapPrivate(host, vmm.vm, GPA, GPA + PAGE)).toBe(-EFAULT);
      for (let step = writer.next(); step.done !== true; step = writer.next());
    });
    expect(mapPrivate(host, vmm.vm, GPA, GPA + PAGE)).toBe(-EINVAL);
  });

  it("maps a slot in the shared half of the address space, and nothing ever takes that back", () => {
    const { host, vmm } = realm(1);
    const gpa = 2 ** 39 + GPA;
    const gmem = createGmem(host, vmm.vm, PAGE);
    setRegion(host, vmm.vm, { slot: 5, gpa, size: PAGE, gmem });
    expect(mapPrivate(host, vmm.vm, gpa, gpa + PAGE)).toBe(0);
    const pfn = pageOf(host, gmem, 0);
    setRegion(host, vmm.vm, { slot: 5, gpa, size: 0 });
    host.sys.close(gmem);
    leaves(host, [unowned(pfn)]);
    expect(host.audit()).toEqual([unowned(pfn)]);
  });

  it("lets user space provoke warnings: without a realm, and over a mapping that has lost its page", () => {
    const host = auditedHost();
    const vmm = new Vmm(host);
    vmm.createVm();
    vmm.addMemory({ gpa: GPA, size: PAGE });
    expect(mapPrivate(host, vmm.vm, GPA, GPA + PAGE)).toBe(-ENXIO);
    expect(warnings(host)).toHaveLength(1);
  });

  it("breaks populate when it comes first, which then leaks the page that it could not use", () => {
    const host = auditedHost();
    const vmm = new Vmm(host);
    vmm.createVm();
    const { guestMemfd } = vmm.addMemory({ gpa: GPA, size: PAGE });
    vmm.createRealm();
    mapPrivate(host, vmm.vm, GPA, GPA + PAGE);
    expect(() => vmm.populate(GPA, PAGE)).toThrow("-ENXIO");
    leaves(host, [unowned(pageOf(host, guestMemfd, 0))]);
  });

  it("sets no RIPAS: a page at an address that is EMPTY is there, and the guest cannot reach it", () => {
    const host = auditedHost();
    const vmm = new Vmm(host);
    vmm.createVm();
    vmm.createRealm();
    vmm.addMemory({ gpa: GPA, size: PAGE });
    vmm.activate();
    expect(mapPrivate(host, vmm.vm, GPA, GPA + PAGE)).toBe(0);
    expect(rttEntry(host, vmm.vm, GPA)).toEqual({ level: 3, hipas: 1, ripas: RIPAS.EMPTY });
  });

  it("pins nothing: a hole takes the page away after the mapping, and the address stays DESTROYED", () => {
    const { vmm, memory, map, mapped, host } = realm(1);
    map(0, PAGE);
    vmm.punchHole(memory, 0, PAGE);
    expect([mapped(), rttEntry(host, vmm.vm, GPA).ripas]).toEqual([[false], RIPAS.DESTROYED]);
    map(0, PAGE);
    expect([mapped(), rttEntry(host, vmm.vm, GPA).ripas]).toEqual([[true], RIPAS.DESTROYED]);
  });
});
