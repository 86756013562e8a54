// SPDX-License-Identifier: MIT
import { expect } from "vitest";
import {
  E2BIG,
  EBUSY,
  EFAULT,
  EINVAL,
  ENODEV,
  ENOENT,
  ENOTTY,
  ENXIO,
  EOPNOTSUPP,
} from "../../lib/src/base/errno.ts";
import type { Host } from "../../lib/src/boot.ts";
import type { KernelConfig } from "../../lib/src/kernel/config.ts";
import {
  IOMMU_DESTROY,
  IOMMU_VDEVICE_ALLOC,
  IOMMU_VDEVICE_TSM_MAP,
  IOMMU_VIOMMU_ALLOC,
  IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
} from "../../lib/src/kernel/iommufd/uapi.ts";
import {
  iommu_destroy,
  iommu_vdevice_alloc,
  iommu_vdevice_tsm_map,
  iommu_viommu_alloc,
} from "../../lib/src/kernel/iommufd/uapi-structs.ts";
import { kvm_mem_is_private } from "../../lib/src/kernel/kvm/memory-attributes.ts";
import { KVM_SET_USER_MEMORY_REGION2, kvm_userspace_memory_region2 } from "../../lib/src/kernel/kvm/uapi.ts";
import { KILLED } from "../../lib/src/kernel/syscall-tasks.ts";
import { RMI_GRANULE_UNDELEGATE } from "../../lib/src/rmm/fid.ts";
import { must, Vmm } from "../../lib/src/user/vmm.ts";
import {
  type AssignedDevice,
  assignDevice,
  tsmMap,
  VIRTUAL_DEVICE_ID,
} from "../../lib/src/user/vmm-device.ts";
import {
  auditedHost,
  isMapped,
  kvmOf,
  leaves,
  mapPrivate,
  pageOf,
  preemptibly,
  stepTo,
  unowned,
  warnings,
} from "../support/host.ts";
import { createGmem, GPA, PAGE, readOnly, realmWithDevice, setAttributes, setRegion } from "../support/vm.ts";
import type { Checks } from "./kernel-kvm-checks.ts";

/** TSM_MAP with the given bytes on an iommufd without any object, where only the form of the request counts. */
function mapBytes(change: (bytes: Uint8Array) => Uint8Array, config: Partial<KernelConfig> = {}): number {
  const host = auditedHost({ config });
  const iommufd = host.sys.open("/dev/iommu");
  const bytes = iommu_vdevice_tsm_map({ start_gpa: GPA, end_gpa: GPA + PAGE });
  return host.sys.ioctl(iommufd, IOMMU_VDEVICE_TSM_MAP, change(bytes));
}

function sized(size: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    iommu_vdevice_tsm_map.set(bytes, "size", size);
    return bytes;
  };
}

/** Which of the pages from `GPA` on are mapped in the realm. */
function mapped(host: Host, vmm: Vmm, pages: number): boolean[] {
  return Array.from({ length: pages }, (_, n) => isMapped(host, vmm.vm, GPA + n * PAGE));
}

function mapRange(start: number, end: number): { result: number; pages: boolean[] } {
  const host = auditedHost();
  const { vmm, device } = realmWithDevice(host, 4);
  const result = tsmMap(vmm, device, GPA + start, GPA + end);
  return { result, pages: mapped(host, vmm, 4) };
}

/** RMI calls that mapping so many pages of an empty realm takes. */
function callsFor(ipaBits: number, pages: number): number {
  const host = auditedHost();
  const vmm = new Vmm(host);
  vmm.createVm(ipaBits);
  vmm.createRealm();
  vmm.addMemory({ gpa: 0, size: pages * PAGE });
  vmm.activate();
  let calls = 0;
  const stop = host.trace.listen(({ kind }) => {
    if (kind === "smc") calls++;
  });
  expect(mapPrivate(host, vmm.vm, 0, pages * PAGE)).toBe(0);
  stop();
  return calls;
}

const COUNTED_PAGES = [1, 512, 513, 1024, 262144];

function mapTask(host: Host, { iommufd, vdevice_id }: AssignedDevice, pages: number) {
  const bytes = iommu_vdevice_tsm_map({ vdevice_id, start_gpa: GPA, end_gpa: GPA + pages * PAGE });
  return host.sys.tasks.ioctl(iommufd, IOMMU_VDEVICE_TSM_MAP, bytes);
}

function regionTask(host: Host, vmm: Vmm, { slot, gpa, size }: { slot: number; gpa: number; size: number }) {
  const bytes = kvm_userspace_memory_region2({ slot, guest_phys_addr: gpa, memory_size: size });
  return host.sys.tasks.ioctl(vmm.vm, KVM_SET_USER_MEMORY_REGION2, bytes);
}

function finish(task: Iterator<unknown, number>): number {
  for (;;) {
    const step = task.next();
    if (step.done === true) return step.value;
  }
}

export const mapChecks: Checks = {
  "map-1": () => {
    expect(mapBytes(sized(27))).toBe(-EINVAL);
  },
  "map-size-30": () => {
    expect(mapBytes(sized(30))).toBe(-ENOENT);
  },
  "map-size-31": () => {
    expect(mapBytes(sized(31))).toBe(-ENOENT);
  },
  "map-size-32": () => {
    expect(mapBytes(sized(32))).toBe(-ENOENT);
  },
  "map-2": () => {
    expect(mapBytes((bytes) => bytes.fill(0xff, 28))).toBe(-ENOENT);
  },
  "map-4": () => {
    const longer = (bytes: Uint8Array) => Uint8Array.of(...sized(40)(bytes), 1, 0, 0, 0, 0, 0, 0, 0);
    expect(mapBytes(longer)).toBe(-E2BIG);
  },
  "map-5": () => {
    const flagged = (bytes: Uint8Array) => {
      iommu_vdevice_tsm_map.set(bytes, "flags", 1);
      return bytes;
    };
    expect(mapBytes(flagged)).toBe(-EOPNOTSUPP);
  },
  "map-6": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host);
    for (const vdevice_id of [device.viommu_id, device.dev_id])
      expect(tsmMap(vmm, { ...device, vdevice_id }, GPA, GPA + PAGE)).toBe(-ENOENT);
  },
  "map-7": () => {
    for (const CONFIG_TSM of ["n", "m"] as const) {
      expect(mapBytes((bytes) => bytes, { CONFIG_TSM })).toBe(-ENODEV);
      expect(mapBytes((bytes) => bytes.fill(0xff, 4), { CONFIG_TSM })).toBe(-ENODEV);
    }
  },
  "map-8": () => {
    expect(mapRange(PAGE, PAGE)).toEqual({ result: 0, pages: [false, false, false, false] });
  },
  "map-9": () => {
    expect(mapRange(2 * PAGE, PAGE)).toEqual({ result: 0, pages: [false, false, false, false] });
  },
  "map-11": () => {
    expect(mapRange(0x800, 0x2800)).toEqual({ result: 0, pages: [true, true, false, false] });
  },
  "map-12": () => {
    expect(mapRange(0, 0x2800)).toEqual({ result: 0, pages: [true, true, true, false] });
  },
  "map-14": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host);
    setRegion(host, vmm.vm, { slot: 7, gpa: 0x1000, size: PAGE, hva: host.user.allocate(PAGE) });
    expect(tsmMap(vmm, device, 0x1000, 0x2000)).toBe(-EINVAL);
  },
  "map-15": () => {
    expect(mapRange(0, 6 * PAGE)).toEqual({ result: -EINVAL, pages: [true, true, true, true] });
  },
  "map-16": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host, 2);
    vmm.addMemory({ gpa: GPA + 2 * PAGE, size: 2 * PAGE });
    expect(tsmMap(vmm, device, GPA, GPA + 4 * PAGE)).toBe(0);
    expect(mapped(host, vmm, 4)).toEqual([true, true, true, true]);
  },
  "map-17": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host);
    host.sys.close(vmm.memory[0]?.guestMemfd ?? -1);
    expect(tsmMap(vmm, device, GPA, GPA + PAGE)).toBe(-EFAULT);
  },
  "map-18": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host, 2, { shared: true });
    expect(tsmMap(vmm, device, GPA, GPA + 2 * PAGE)).toBe(0);
    expect(kvm_mem_is_private(kvmOf(host, vmm.vm), GPA / PAGE)).toBe(false);
    expect(mapped(host, vmm, 2)).toEqual([true, true]);
  },
  "map-19": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host, 2);
    const { guestMemfd } = vmm.memory[0] as { guestMemfd: number };
    tsmMap(vmm, device, GPA, GPA + 2 * PAGE);
    const pages = [pageOf(host, guestMemfd, 0), pageOf(host, guestMemfd, 1)];
    expect(host.audit()).toEqual([]);

    expect(tsmMap(vmm, device, GPA, GPA + 2 * PAGE)).toBe(0);

    const leaked = pages.map((pfn) => unowned(pfn));
    expect(host.audit()).toEqual(leaked);
    host.sys.exit();
    leaves(host, leaked);
  },
  "map-20": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host, 4);
    tsmMap(vmm, device, GPA, GPA + PAGE);
    // Two firmware calls for each page; the fourth is the mapping of the third page.
    host.kernel.faults.arm("rmi", 4);

    expect(tsmMap(vmm, device, GPA + PAGE, GPA + 4 * PAGE)).toBe(-ENXIO);

    expect(mapped(host, vmm, 4)).toEqual([true, true, false, false]);
    const page = pageOf(host, vmm.memory[0]?.guestMemfd ?? -1, 2);
    expect(host.kernel.pages.page_count(page)).toBe(1);
  },
  "map-21": () => {
    const host = auditedHost();
    const vmm = new Vmm(host);
    vmm.createVm();
    vmm.addMemory({ gpa: GPA, size: PAGE });
    const device = assignDevice(vmm);

    expect(tsmMap(vmm, device, GPA, GPA + PAGE)).toBe(-ENXIO);

    expect(warnings(host)).toEqual(["realm_map_protected: the firmware refused RMI_DATA_CREATE_UNKNOWN"]);
  },
  "map-22": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host);
    const { sys } = host;
    for (const id of [device.vdevice_id, device.viommu_id])
      must("IOMMU_DESTROY", sys.ioctl(device.iommufd, IOMMU_DESTROY, iommu_destroy({ id })));
    const { dev_id, hwpt_id } = device;
    const viommu = iommu_viommu_alloc({ type: IOMMU_VIOMMU_TYPE_ARM_SMMUV3, dev_id, hwpt_id });
    must("IOMMU_VIOMMU_ALLOC", sys.ioctl(device.iommufd, IOMMU_VIOMMU_ALLOC, viommu));
    const viommu_id = iommu_viommu_alloc.decode(viommu).out_viommu_id;
    const vdevice = iommu_vdevice_alloc({ viommu_id, dev_id, virt_id: VIRTUAL_DEVICE_ID });
    must("IOMMU_VDEVICE_ALLOC", sys.ioctl(device.iommufd, IOMMU_VDEVICE_ALLOC, vdevice));
    const { out_vdevice_id } = iommu_vdevice_alloc.decode(vdevice);

    expect(tsmMap(vmm, { ...device, vdevice_id: out_vdevice_id }, GPA, GPA + PAGE)).toBe(KILLED);

    expect(host.process.task.killed).toContain("NULL pointer dereference of vdev->viommu->kvm_filp");
    // The call never put its reference on the vdevice, nor on the file it was made on.
    const findings = host.audit();
    expect(findings).toHaveLength(3);
    leaves(host, findings);
  },
  "map-23": () => {
    const host = auditedHost({ config: { CONFIG_IOMMUFD: "m" } });
    const { vmm, device } = realmWithDevice(host);
    expect(tsmMap(vmm, device, GPA, GPA + PAGE)).toBe(-EINVAL);
  },
  "map-24": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host, 2);
    const { vdevice_id, iommufd } = device;
    const address = readOnly(
      host,
      iommu_vdevice_tsm_map({ vdevice_id, start_gpa: GPA, end_gpa: GPA + 2 * PAGE }),
    );
    expect(host.sys.ioctl(iommufd, IOMMU_VDEVICE_TSM_MAP, address)).toBe(-EFAULT);
    expect(mapped(host, vmm, 2)).toEqual([true, true]);
  },
  "map-25": () => {
    const host = auditedHost();
    expect(host.sys.ioctl(host.sys.open("/dev/iommu"), 0x3b98, new Uint8Array(32))).toBe(-ENOTTY);
  },
  "map-26": () => {
    const host = auditedHost();
    expect(host.sys.ioctl(host.sys.open("/dev/iommu"), 0xc0203b97, iommu_vdevice_tsm_map())).toBe(-ENOTTY);
  },
  "map-28": () => {
    const host = auditedHost();
    const vmm = new Vmm(host);
    vmm.createVm();
    const memory = vmm.addMemory({ gpa: GPA, size: PAGE });
    vmm.createRealm();
    const device = assignDevice(vmm);
    expect(tsmMap(vmm, device, GPA, GPA + PAGE)).toBe(0);

    expect(() => vmm.populate(GPA, PAGE)).toThrow("KVM_CAP_ARM_RME_POPULATE_REALM returned -ENXIO");

    // populate_region does not put the page that it could not use.
    leaves(host, [unowned(pageOf(host, memory.guestMemfd, 0))]);
  },
  "map-29": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host);
    const alias = 2 ** 39 + GPA;
    const gmem = createGmem(host, vmm.vm, PAGE);
    expect(setRegion(host, vmm.vm, { slot: 5, gpa: alias, size: PAGE, gmem })).toBe(0);

    expect(tsmMap(vmm, device, alias, alias + PAGE)).toBe(0);

    const page = pageOf(host, gmem, 0);
    expect(isMapped(host, vmm.vm, GPA)).toBe(false);
    expect(host.smc(BigInt(RMI_GRANULE_UNDELEGATE), BigInt(page * PAGE))[0]).toBe(1n);
    expect(host.sys.fallocate(gmem, 3, 0, PAGE)).toBe(0);
    expect(host.audit()).toEqual([unowned(page)]);
    leaves(host, [unowned(page)]);
  },
  "map-31": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host, 3);
    preemptibly(host, () => {
      const map = mapTask(host, device, 3);
      stepTo(map, ({ object }) => object === "RMI_DATA_CREATE_UNKNOWN");
      const { slots_lock, srcu } = kvmOf(host, vmm.vm);
      const bytes = { slot: 9, gpa: 0, size: PAGE };
      const writer = regionTask(host, vmm, bytes);
      const waits = stepTo(writer, ({ kind }) => kind === "wait");
      expect([waits.object, slots_lock.held, srcu.readers]).toEqual(["kvm->srcu", true, 1]);

      stepTo(map, ({ object }) => object === "RMI_GRANULE_DELEGATE");
      expect(waits.until?.()).toBe(false);
      expect(finish(map)).toBe(0);

      expect(waits.until?.()).toBe(true);
      expect(finish(writer)).toBe(0);
    });
  },
  "map-32": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host, 1);
    const { guestMemfd } = vmm.memory[0] as { guestMemfd: number };
    const first = preemptibly(host, () => {
      const map = mapTask(host, device, 1);
      stepTo(map, ({ object }) => object === "RMI_GRANULE_DELEGATE");
      const page = pageOf(host, guestMemfd, 0);
      expect(finish(host.sys.tasks.fallocate(guestMemfd, 3, 0, PAGE))).toBe(0);
      expect(finish(map)).toBe(0);
      return page;
    });
    expect([isMapped(host, vmm.vm, GPA), pageOf(host, guestMemfd, 0)]).toEqual([true, 0]);

    expect(tsmMap(vmm, device, GPA, GPA + PAGE)).toBe(-ENXIO);

    expect(pageOf(host, guestMemfd, 0)).not.toBe(first);
    expect(warnings(host)).toContain("realm_map_protected: the page is mapped already");
  },
  "map-33": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host, 2);
    preemptibly(host, () => {
      const map = mapTask(host, device, 2);
      stepTo(map, ({ object }) => object === "RMI_GRANULE_DELEGATE");
      stepTo(map, ({ object }) => object === "kvm->memslots");
      setAttributes(host, vmm.vm, GPA, 2 * PAGE, 0);
      expect(finish(map)).toBe(0);
    });
    expect(mapped(host, vmm, 2)).toEqual([false, true]);
    expect(kvm_mem_is_private(kvmOf(host, vmm.vm), GPA / PAGE + 1)).toBe(false);
  },
  "map-34": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host, 4);
    host.process.task.signal_pending = true;
    expect(tsmMap(vmm, device, GPA, GPA + 4 * PAGE)).toBe(0);
    expect(mapped(host, vmm, 4)).toEqual([true, true, true, true]);
  },
  "map-35": () => {
    const host = auditedHost();
    const vmm = new Vmm(host);
    vmm.createVm();
    vmm.createRealm();
    vmm.addMemory({ gpa: 0, size: 20 * 512 * PAGE });
    const allocated = host.kernel.pages.allocated;
    const events = host.trace.record(() => {
      expect(mapPrivate(host, vmm.vm, 0, 20 * 512 * PAGE)).toBe(0);
    });
    const cached = events
      .filter(({ name }) => name === "kvm_mmu_topup_memory_cache")
      .map(({ detail }) => Number(detail["cached"]));
    // 40 pages at first, two tables for the first page, then one table for each 512 pages: never below 2 again.
    expect([cached[0], cached[1], cached.at(-1)]).toEqual([0, 38, 19]);
    // Mapped pages and tables stay; what was left in the cache is free again.
    expect(host.kernel.pages.allocated - allocated).toBe(20 * 512 + 21);
  },
  "map-36": () => {
    expect(COUNTED_PAGES.map((pages) => callsFor(40, pages))).toEqual([7, 1029, 1034, 2056, 525826]);
  },
  "map-37": () => {
    expect(COUNTED_PAGES.map((pages) => callsFor(48, pages))).toEqual([9, 1031, 1036, 2058, 525828]);
  },
  "map-38": () => {
    const host = auditedHost();
    const { vmm, device } = realmWithDevice(host, 2);
    const other = host.newProcess();
    const iommufd = other.receive(host.process, device.iommufd);
    const { vdevice_id } = device;
    const first = iommu_vdevice_tsm_map({ vdevice_id, start_gpa: GPA, end_gpa: GPA + PAGE });
    expect(other.sys.ioctl(iommufd, IOMMU_VDEVICE_TSM_MAP, first)).toBe(0);

    kvmOf(host, vmm.vm).vm_dead = true;
    expect(tsmMap(vmm, device, GPA + PAGE, GPA + 2 * PAGE)).toBe(0);

    expect(mapped(host, vmm, 2)).toEqual([true, true]);
  },
  "map-39": () => {
    const host = auditedHost();
    const { device } = realmWithDevice(host, 2);
    preemptibly(host, () => {
      const map = mapTask(host, device, 2);
      stepTo(map, ({ object }) => object === "RMI_GRANULE_DELEGATE");
      const bytes = iommu_destroy({ id: device.vdevice_id });
      expect(finish(host.sys.tasks.ioctl(device.iommufd, IOMMU_DESTROY, bytes))).toBe(-EBUSY);
      expect(finish(map)).toBe(0);
    });
  },
};
