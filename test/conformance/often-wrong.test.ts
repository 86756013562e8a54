// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import * as errno from "../../lib/src/base/errno.ts";
import { runStraight } from "../../lib/src/base/task.ts";
import type { BootOptions, Host } from "../../lib/src/boot.ts";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE } from "../../lib/src/kernel/fs/uapi.ts";
import * as uapi from "../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../lib/src/kernel/iommufd/uapi-structs.ts";
import { KVM_MEMORY_ATTRIBUTE_PRIVATE } from "../../lib/src/kernel/kvm/uapi.ts";
import { HIPAS, RIPAS } from "../../lib/src/rmm/rtt-entry.ts";
import { readingGuest } from "../../lib/src/user/guest.ts";
import { startRealm, type VmmVcpu } from "../../lib/src/user/vmm.ts";
import {
  auditedHost,
  isMapped,
  leaves,
  mapPrivate,
  pageOf,
  preemptibly,
  rttEntry,
  stepTo,
  unowned,
} from "../support/host.ts";
import { createGmem, createVm, GPA, PAGE, realmWithDevice, setAttributes, setRegion } from "../support/vm.ts";

/** The fifteen things about the ioctl and its surroundings that are most often got wrong, one test for each. */

const { E2BIG, EBADF, EEXIST, EFAULT, EINVAL, ENODEV, ENOENT, ENOMEM, ENOTTY, ENXIO, EOPNOTSUPP } = errno;
const PUNCH = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
const ALIAS = 2 ** 39;

/** A realm that runs, eight pages of guest memory, a device that is bound, and the ioctl by pages. */
function assigned(options: BootOptions = {}, memory: { shared?: boolean } = {}) {
  const host = auditedHost(options);
  const { vmm, device } = realmWithDevice(host, 8, memory);
  const gmem = vmm.memory[0]?.guestMemfd ?? -1;
  const { iommufd, vdevice_id } = device;
  const ioctl = (bytes: Uint8Array | number, command = uapi.IOMMU_VDEVICE_TSM_MAP): number =>
    host.sys.ioctl(iommufd, command, bytes);
  const request = (start_gpa: number, end_gpa: number): Uint8Array =>
    structs.iommu_vdevice_tsm_map({ vdevice_id, start_gpa, end_gpa });
  const map = (start: number, end: number): number => ioctl(request(GPA + start, GPA + end));
  const mapped = (): number[] =>
    Array.from({ length: 8 }, (_, n) => Number(isMapped(host, vmm.vm, GPA + n * PAGE)));
  return { host, sys: host.sys, vm: vmm.vm, gmem, device, ioctl, request, map, mapped };
}

function references({ kernel }: Host, pfn: number): number {
  return kernel.pages.page_count(pfn as never);
}

describe("most often got wrong", () => {
  it("1. the size word is read before the number is compared: -EFAULT comes before -ENOTTY", () => {
    const { ioctl, request } = assigned();
    const lookAlike = 0xc020_3b97;
    expect([ioctl(0, lookAlike), ioctl(request(0, 0), lookAlike)]).toEqual([-EFAULT, -ENOTTY]);
    expect([ioctl(0), ioctl(0, 0x3b98), ioctl(0, 0x3b7f)]).toEqual([-EFAULT, -ENOTTY, -ENOTTY]);
  });

  it("2. sizes from 28 on are accepted; the padding may hold anything, the byte behind it only 0", () => {
    const { ioctl, request } = assigned();
    const withSize = (size: number, last: number): number => {
      const bytes = new Uint8Array(40).fill(0xee, 28, 32);
      bytes.set(request(GPA, GPA).subarray(0, 28));
      new DataView(bytes.buffer).setUint32(0, size, true);
      bytes[32] = last;
      return ioctl(bytes);
    };
    expect([27, 28, 31, 32].map((size) => withSize(size, 9))).toEqual([-EINVAL, 0, 0, 0]);
    expect([withSize(33, 0), withSize(33, 9)]).toEqual([0, -E2BIG]);
  });

  it("3. flags are tested before the vdevice is looked up, and whatever is wrong with that is -ENOENT", () => {
    const { ioctl, device } = assigned();
    const ask = (flags: number, vdevice_id: number): number =>
      ioctl(structs.iommu_vdevice_tsm_map({ flags, vdevice_id }));
    expect([ask(1, 77), ask(0, 77), ask(0, 0)]).toEqual([-EOPNOTSUPP, -ENOENT, -ENOENT]);
    for (const id of [device.ioas_id, device.dev_id, device.hwpt_id, device.viommu_id])
      expect(ask(0, id)).toBe(-ENOENT);
  });

  it("4. the end is exclusive, and an empty or reversed range succeeds where there is no slot", () => {
    const { ioctl, request, map, mapped } = assigned();
    expect([map(0, PAGE), mapped()]).toEqual([0, [1, 0, 0, 0, 0, 0, 0, 0]]);
    const nowhere = 0x1000;
    expect([ioctl(request(nowhere, nowhere)), ioctl(request(nowhere + 1, nowhere))]).toEqual([0, 0]);
    expect(ioctl(request(nowhere, nowhere + 1))).toBe(-EINVAL);
  });

  it("5. a start that is not aligned loses the last page, an end that is not loses none", () => {
    const loses = assigned();
    expect([loses.map(0x800, 0x2800), loses.mapped()]).toEqual([0, [1, 1, 0, 0, 0, 0, 0, 0]]);
    const keeps = assigned();
    expect([keeps.map(0, 0x2800), keeps.mapped()]).toEqual([0, [1, 1, 1, 0, 0, 0, 0, 0]]);
  });

  it("6. success keeps the page reference, and each repetition leaks one and answers 0", () => {
    const { host, gmem, map } = assigned();
    expect(map(0, PAGE)).toBe(0);
    const pfn = pageOf(host, gmem, 0);
    expect(references(host, pfn)).toBe(2);
    expect([map(0, PAGE), map(0, PAGE), references(host, pfn)]).toEqual([0, 0, 4]);
    leaves(host, [unowned(pfn, 2)]);
  });

  it("7. nothing is undone after an error, and nothing tells how far it came", () => {
    const { ioctl, request, mapped } = assigned();
    const bytes = request(GPA + 6 * PAGE, GPA + 9 * PAGE);
    const before = [...bytes];
    expect([ioctl(bytes), [...bytes], mapped()]).toEqual([-EINVAL, before, [0, 0, 0, 0, 0, 0, 1, 1]]);
  });

  it("8. a shared attribute stops nothing; attributes need no slot; becoming private takes the shared alias only", () => {
    const host = auditedHost();
    const guest = readingGuest([GPA + ALIAS], { read: [] });
    const vmm = startRealm(host, { gpa: GPA, size: PAGE, programs: [guest] });
    const attributes = (value: number): number => setAttributes(host, vmm.vm, GPA, PAGE, value);
    const halves = (): number[] => [GPA, GPA + ALIAS].map((ipa) => rttEntry(host, vmm.vm, ipa).hipas);
    // The firmware tells the host only whether something is assigned, in either half.
    const { UNASSIGNED, ASSIGNED } = HIPAS;

    expect(setAttributes(host, vmm.vm, 0x10_0000, PAGE, KVM_MEMORY_ATTRIBUTE_PRIVATE)).toBe(0);
    expect(attributes(0)).toBe(0);
    vmm.run(vmm.vcpus[0] as VmmVcpu);
    expect(mapPrivate(host, vmm.vm, GPA, GPA + PAGE)).toBe(0);
    expect(halves()).toEqual([ASSIGNED, ASSIGNED]);
    expect([attributes(KVM_MEMORY_ATTRIBUTE_PRIVATE), halves()]).toEqual([0, [ASSIGNED, UNASSIGNED]]);
    expect([attributes(0), halves()]).toEqual([0, [UNASSIGNED, UNASSIGNED]]);
  });

  it("9. SRCU protects slots, not pages: hole, attribute and close pass a call by, a new slot waits for all of it", () => {
    const { host, sys, vm, gmem, device, request } = assigned();
    preemptibly(host, () => {
      const call = sys.tasks.ioctl(device.iommufd, uapi.IOMMU_VDEVICE_TSM_MAP, request(GPA, GPA + 4 * PAGE));
      for (let page = 0; page < 2; page++) stepTo(call, ({ object }) => object === "RMI_DATA_CREATE_UNKNOWN");
      call.next();
      expect(runStraight(sys.tasks.fallocate(gmem, PUNCH, 0, PAGE))).toBe(0);
      expect(setAttributes(host, vm, GPA, PAGE, 0)).toBe(0);
      const slot = setRegionTask(host, vm);
      expect(stepTo(slot, ({ kind }) => kind === "wait").object).toBe("kvm->srcu");
      for (let step = call.next(); step.done !== true; step = call.next())
        expect(slot.next().done).toBe(false);
      for (let step = slot.next(); step.done !== true; step = slot.next());
      expect(sys.close(gmem)).toBe(0);
    });
    expect(mapPrivate(host, vm, GPA, GPA + PAGE)).toBe(-EFAULT);
  });

  it("10. pages that are bound are -EINVAL, addresses that overlap -EEXIST; a descriptor -EBADF, another file -EINVAL", () => {
    const { host, vm, gmem } = assigned();
    const region = { slot: 5, gpa: 0x1_0000, size: PAGE };
    expect(setRegion(host, vm, { ...region, gmem })).toBe(-EINVAL);
    expect(setRegion(host, vm, { ...region, gpa: GPA, gmem: createGmem(host, vm, PAGE) })).toBe(-EEXIST);
    expect(setRegion(host, vm, { ...region, gmem: 99 })).toBe(-EBADF);
    expect(setRegion(host, vm, { ...region, gmem: vm })).toBe(-EINVAL);
    expect(setRegion(host, vm, { ...region, gmem: createGmem(host, createVm(host), PAGE) })).toBe(-EINVAL);
    // No slot is no crash.
    expect(mapPrivate(host, vm, 0x1_0000, 0x1_1000)).toBe(-EINVAL);
  });

  it("11. the size of a guest_memfd never changes, and only allocation looks at it", () => {
    const { sys, gmem } = assigned();
    expect([0, PAGE, 8 * PAGE, 2 ** 40].map((size) => sys.ftruncate(gmem, size))).toEqual(
      Array(4).fill(-EINVAL),
    );
    expect(sys.fallocate(gmem, PUNCH, 8 * PAGE, PAGE)).toBe(0);
    expect(sys.fallocate(gmem, PUNCH, 2 ** 40, PAGE)).toBe(0);
    expect(sys.fallocate(gmem, FALLOC_FL_KEEP_SIZE, 7 * PAGE, 2 * PAGE)).toBe(-EINVAL);
    expect(sys.fallocate(gmem, 0, 0, PAGE)).toBe(-EOPNOTSUPP);
    expect(sys.fallocate(gmem, PUNCH, 0, 1)).toBe(-EINVAL);
  });

  it("12. the file keeps the VM; neither VM nor slot keeps the file, whose end empties the slot and leaves it", () => {
    const { host, sys, vm, gmem, map, mapped } = assigned();
    expect([map(0, 2 * PAGE), sys.close(gmem)]).toEqual([0, 0]);
    expect([map(0, PAGE), mapped()]).toEqual([-EFAULT, [0, 0, 0, 0, 0, 0, 0, 0]]);
    expect(setRegion(host, vm, { slot: 7, gpa: GPA, size: PAGE })).toBe(-EEXIST);

    const lone = auditedHost();
    const fd = createVm(lone);
    const file = createGmem(lone, fd, PAGE);
    expect([lone.sys.close(fd), lone.kernel.vm_list.size]).toEqual([0, 1]);
    expect([lone.sys.close(file), lone.kernel.vm_list.size]).toEqual([0, 0]);
  });

  it("13. a top-up fills to 40 and then waits for the minimum: one page costs a fresh cache of 40", () => {
    // The array of the cache and its pages come first, then the page itself.
    const cases = [
      [1, -ENOMEM],
      [2, -ENOMEM],
      [3, -ENOMEM],
      [4, 0],
      [41, 0],
      [42, -ENOMEM],
      [43, 0],
    ] as const;
    for (const [nth, expected] of cases) {
      const { host, map } = assigned();
      host.kernel.faults.arm("alloc", nth);
      expect([nth, map(0, PAGE)]).toEqual([nth, expected]);
      expect(host.kernel.faults.fired).toBe(nth < 43);
    }
  });

  it("14. unmapping RAM leaves it DESTROYED, mapping it again does too, and every refusal is -ENXIO", () => {
    const host = auditedHost();
    const vmm = startRealm(host, { gpa: GPA, size: 2 * PAGE, programs: [readingGuest([], { read: [] })] });
    const gmem = vmm.memory[0]?.guestMemfd ?? -1;
    const ripas = (): number => rttEntry(host, vmm.vm, GPA).ripas;
    const before = ripas();
    expect([mapPrivate(host, vmm.vm, GPA, GPA + PAGE), ripas()]).toEqual([0, before]);
    expect(before).toBe(RIPAS.RAM);
    expect([host.sys.fallocate(gmem, PUNCH, 0, PAGE), ripas()]).toEqual([0, RIPAS.DESTROYED]);
    expect([mapPrivate(host, vmm.vm, GPA, GPA + PAGE), ripas()]).toEqual([0, RIPAS.DESTROYED]);

    // From an empty realm: the page is delegated, refused, and then each table is delegated and made.
    const tables = [3, 4, 5, 6, 7].map((nth) => {
      const fresh = assigned({}, { shared: true });
      const gpa = 0x4_0000_0000;
      const file = createGmem(fresh.host, fresh.vm, PAGE);
      expect(setRegion(fresh.host, fresh.vm, { slot: 3, gpa, size: PAGE, gmem: file })).toBe(0);
      fresh.host.kernel.faults.arm("rmi", nth);
      return mapPrivate(fresh.host, fresh.vm, gpa, gpa + PAGE);
    });
    expect(tables.filter((result) => result !== 0)).not.toEqual([]);
    expect(tables.filter((result) => result !== 0 && result !== -ENXIO)).toEqual([]);
  });

  it("15. stubs are -ENODEV, also for a module; without the strong function always -EINVAL; without a VM an oops", () => {
    const answer = (config: BootOptions["config"] & object): number => {
      const host = auditedHost({ config });
      const fd = host.sys.open("/dev/iommu");
      const ask = structs.iommu_vdevice_tsm_map({ flags: 1, vdevice_id: 99 });
      return host.sys.ioctl(fd, uapi.IOMMU_VDEVICE_TSM_MAP, ask);
    };
    expect([answer({ CONFIG_TSM: "n" }), answer({ CONFIG_TSM: "m" }), answer({})]).toEqual([
      -ENODEV,
      -ENODEV,
      -EOPNOTSUPP,
    ]);
    const asModule = assigned({ config: { CONFIG_IOMMUFD: "m" } });
    expect([asModule.map(0, PAGE), asModule.map(0, 0), asModule.mapped()[0]]).toEqual([-EINVAL, -EINVAL, 0]);
    const { ioctl, device } = assigned();
    const op = structs.iommu_vdevice_tsm_op({ op: 9, vdevice_id: device.vdevice_id });
    expect(ioctl(op, uapi.IOMMU_VDEVICE_TSM_OP)).toBe(-ENODEV);
  });
});

/** The creation of a slot, as a task. */
function setRegionTask({ sys }: Host, vm: number) {
  const region = new Uint8Array(160);
  const view = new DataView(region.buffer);
  view.setUint32(0, 9, true);
  view.setUint32(16, PAGE, true);
  return sys.tasks.ioctl(vm, 0x40a0ae49, region);
}
