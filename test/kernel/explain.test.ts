// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex, type Pfn } from "../../lib/src/base/address.ts";
import { boot, type Host } from "../../lib/src/boot.ts";
import { errnoCatalogue } from "../../lib/src/kernel/explain/catalogue.ts";
import { FALLOC_FL_KEEP_SIZE, MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ } from "../../lib/src/kernel/fs/uapi.ts";
import * as iommufd from "../../lib/src/kernel/iommufd/uapi.ts";
import {
  IOMMU_DESTROY,
  IOMMU_HWPT_ALLOC,
  IOMMU_VDEVICE_ALLOC,
  IOMMU_VDEVICE_TSM_GUEST_REQUEST,
  IOMMU_VDEVICE_TSM_MAP,
  IOMMU_VDEVICE_TSM_OP,
  IOMMU_VIOMMU_ALLOC,
  IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
} from "../../lib/src/kernel/iommufd/uapi.ts";
import {
  iommu_destroy,
  iommu_hwpt_alloc,
  iommu_ioas_change_process,
  iommu_ioas_map,
  iommu_vdevice_alloc,
  iommu_vdevice_tsm_guest_request,
  iommu_vdevice_tsm_map,
  iommu_vdevice_tsm_op,
  iommu_viommu_alloc,
} from "../../lib/src/kernel/iommufd/uapi-structs.ts";
import * as kvm from "../../lib/src/kernel/kvm/uapi.ts";
import {
  KVM_ARM_VCPU_FINALIZE,
  KVM_ARM_VCPU_INIT,
  KVM_ARM_VCPU_REC,
  KVM_CREATE_GUEST_MEMFD,
  KVM_CREATE_VCPU,
  KVM_CREATE_VM,
  KVM_MEM_GUEST_MEMFD,
  KVM_MEM_READONLY,
  KVM_RUN,
  KVM_SET_MEMORY_ATTRIBUTES,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_create_guest_memfd,
  kvm_memory_attributes,
  kvm_userspace_memory_region2,
  kvm_vcpu_init,
} from "../../lib/src/kernel/kvm/uapi.ts";
import { KILLED } from "../../lib/src/kernel/syscall-tasks.ts";
import {
  VFIO_DEVICE_ATTACH_IOMMUFD_PT,
  VFIO_DEVICE_BIND_IOMMUFD,
  VFIO_DEVICE_DETACH_IOMMUFD_PT,
  vfio_device_attach_iommufd_pt,
  vfio_device_bind_iommufd,
} from "../../lib/src/kernel/vfio/uapi.ts";
import { RMI_DATA_CREATE_UNKNOWN, RMI_GRANULE_DELEGATE, RMI_RTT_READ_ENTRY } from "../../lib/src/rmm/fid.ts";
import { type AssignedRealm, realmWithDevice } from "../../lib/src/user/assigned-realm.ts";
import { readingGuest } from "../../lib/src/user/guest.ts";
import { Vmm } from "../../lib/src/user/vmm.ts";
import { type AssignedDevice, tsmMap, unbindDevice } from "../../lib/src/user/vmm-device.ts";
import { auditedHost, leaves, pageOf, unowned } from "../support/host.ts";
import { casesFor } from "./iommufd/wrong-commands.ts";

const PAGE = 4096;
const GPA = 0x8000_0000;

/** A realm of eight pages that owns a device. */
interface Setting extends AssignedRealm {
  readonly host: Host;
}

function setting(options: Parameters<typeof auditedHost>[0] = {}): Setting {
  const host = auditedHost({ memory: 256 * PAGE, ...options });
  return { host, ...realmWithDevice(host, { gpa: GPA, size: 8 * PAGE }) };
}

type MapFields = Parameters<typeof iommu_vdevice_tsm_map>[0];

function map(
  { host, device }: Setting,
  fields: MapFields = {},
  change = (bytes: Uint8Array) => bytes,
): number {
  const bytes = iommu_vdevice_tsm_map({
    vdevice_id: device.vdevice_id,
    start_gpa: GPA,
    end_gpa: GPA + PAGE,
    ...fields,
  });
  return host.sys.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, change(bytes));
}

function longer(bytes: Uint8Array, extra: number, last: number): Uint8Array {
  const long = new Uint8Array(bytes.length + extra);
  long.set(bytes);
  new DataView(long.buffer).setUint32(0, long.length, true);
  long[long.length - 1] = last;
  return long;
}

function region(setting: Setting, fields: Parameters<typeof kvm_userspace_memory_region2>[0]): number {
  const { host, vmm } = setting;
  const bytes = kvm_userspace_memory_region2({
    slot: 7,
    guest_phys_addr: 0x9000_0000,
    memory_size: PAGE,
    userspace_addr: 0x10_0000,
    ...fields,
  });
  return host.sys.ioctl(vmm.vm, KVM_SET_USER_MEMORY_REGION2, bytes);
}

function gmemOf({ vmm }: Setting): number {
  return vmm.memory[0]?.guestMemfd as number;
}

function viommu({ host, device, vmm }: Setting, fields: Parameters<typeof iommu_viommu_alloc>[0]): number {
  const { dev_id, hwpt_id, iommufd } = device;
  const type = IOMMU_VIOMMU_TYPE_ARM_SMMUV3;
  const bytes = iommu_viommu_alloc({ type, dev_id, hwpt_id, kvm_vm_fd: vmm.vm, ...fields });
  return host.sys.ioctl(iommufd, IOMMU_VIOMMU_ALLOC, bytes);
}

/** Opens the device's file once more and binds it to a descriptor. */
function bindAgain({ sys }: Host, descriptor: number): number {
  const fd = sys.open("/dev/vfio/devices/vfio0");
  return sys.ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, vfio_device_bind_iommufd({ iommufd: descriptor }));
}

/** Makes vCPU 3, initialises it or not, and makes a call on it. */
function freshVcpu({ host, vmm }: Setting, init: boolean, command: number, argument?: Uint8Array): number {
  const fd = host.sys.ioctl(vmm.vm, KVM_CREATE_VCPU, 3);
  if (init)
    host.sys.ioctl(
      fd,
      KVM_ARM_VCPU_INIT,
      kvm_vcpu_init({ features: [1 << KVM_ARM_VCPU_REC, 0, 0, 0, 0, 0, 0] }),
    );
  return host.sys.ioctl(fd, command, argument);
}

/** The feature that KVM_ARM_VCPU_FINALIZE takes, an int. */
function realmFeature(): Uint8Array {
  return Uint8Array.of(KVM_ARM_VCPU_REC, 0, 0, 0);
}

/** A command that files of this kind do not have: they answer it by a number that says nothing about it. */
function isForeign(kind: string | undefined, command: number): boolean {
  if (kind === undefined) return false;
  const isIommufd = ((command >>> 8) & 0xff) === iommufd.IOMMUFD_TYPE;
  return isIommufd ? kind !== "iommufd_fops" : OWNERS[command] !== kind;
}

const OWNERS: Readonly<Record<number, string>> = {
  [KVM_CREATE_VM]: "kvm_chardev_ops",
  [KVM_CREATE_VCPU]: "kvm_vm_fops",
  [kvm.KVM_ENABLE_CAP]: "kvm_vm_fops",
  [KVM_SET_USER_MEMORY_REGION2]: "kvm_vm_fops",
  [KVM_SET_MEMORY_ATTRIBUTES]: "kvm_vm_fops",
  [KVM_CREATE_GUEST_MEMFD]: "kvm_vm_fops",
  [KVM_ARM_VCPU_INIT]: "kvm_vcpu_fops",
  [KVM_ARM_VCPU_FINALIZE]: "kvm_vcpu_fops",
  [KVM_RUN]: "kvm_vcpu_fops",
};

/** Calls that fail, each with the condition that it must be explained by, and a part of the values. */
const FAILURES: readonly (readonly [condition: string, values: string, act: (on: Setting) => number])[] = [
  ["fd", "fd is 99", ({ host }) => host.sys.close(99)],
  ["fd", "fd is 99", ({ host }) => host.sys.ioctl(99, IOMMU_VDEVICE_TSM_MAP)],
  ["path", "/dev/nothing", ({ host }) => host.sys.open("/dev/nothing")],
  [
    "size_word",
    "0 bytes can be read, 4 are needed",
    ({ host, device }) => host.sys.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, new Uint8Array(0)),
  ],
  [
    "size_word",
    "0 bytes can be read",
    ({ host, device }) => host.sys.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, 16),
  ],
  [
    "command",
    "command 0x3bff",
    ({ host, device }) => host.sys.ioctl(device.iommufd, 0x3bff, new Uint8Array(8)),
  ],
  ["min_size", "size is 0", (on) => map(on, {}, (bytes) => bytes.fill(0, 0, 4))],
  [
    "tail_zero",
    "byte 39 is not zero; struct iommu_vdevice_tsm_map has 32 bytes",
    (on) => map(on, {}, (bytes) => longer(bytes, 8, 1)),
  ],
  ["struct_read", "size is 32, but only 28 bytes", (on) => map(on, {}, (bytes) => bytes.slice(0, 28))],
  ["flags", "flags is 0x1", (on) => map(on, { flags: 1 })],
  ["vdevice_id", "vdevice_id is 77; no object has this id", (on) => map(on, { vdevice_id: 77 })],
  ["vdevice_id", "this is a VIOMMU", (on) => map(on, { vdevice_id: on.device.viommu_id })],
  ["private_slot", "guest address 0x8000_8000 is in no slot", (on) => map(on, { end_gpa: GPA + 9 * PAGE })],
  [
    "private_slot",
    "slot 7, which has no guest_memfd",
    (on) => {
      region(on, { userspace_addr: on.host.user.allocate(PAGE) });
      return map(on, { start_gpa: 0x9000_0000, end_gpa: 0x9000_1000 });
    },
  ],
  [
    "gmem_closed",
    "slot 0 has no file any more",
    (on) => {
      on.host.sys.close(gmemOf(on));
      return map(on);
    },
  ],
  [
    "poison",
    "guest address 0x8000_1000 is poisoned",
    (on) => {
      map(on, { end_gpa: GPA + 2 * PAGE });
      let last = 0 as Pfn;
      on.host.kernel.pages.forEachUsed((pfn, references) => {
        if (references === 2) last = pfn;
      });
      on.host.kernel.pages.poison(last);
      // The page before it is mapped a second time.
      leaves(on.host, [unowned(pageOf(on.host, gmemOf(on), 0))]);
      return map(on, { end_gpa: GPA + 2 * PAGE });
    },
  ],
  [
    "flags",
    "flags is 0x2",
    ({ host, device }) =>
      host.sys.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_OP, iommu_vdevice_tsm_op({ flags: 2 })),
  ],
  [
    "op",
    "op is 9",
    ({ host, device }) =>
      host.sys.ioctl(
        device.iommufd,
        IOMMU_VDEVICE_TSM_OP,
        iommu_vdevice_tsm_op({ op: 9, vdevice_id: device.vdevice_id }),
      ),
  ],
  [
    "vdevice_id",
    "vdevice_id is 3",
    ({ host, device }) =>
      host.sys.ioctl(
        device.iommufd,
        IOMMU_VDEVICE_TSM_GUEST_REQUEST,
        iommu_vdevice_tsm_guest_request({ vdevice_id: 3 }),
      ),
  ],
  [
    "flags",
    "flags is 0x8",
    ({ host, device }) =>
      host.sys.ioctl(device.iommufd, IOMMU_VIOMMU_ALLOC, iommu_viommu_alloc({ flags: 8 })),
  ],
  [
    "dev_id",
    "dev_id is 55",
    ({ host, device }) =>
      host.sys.ioctl(
        device.iommufd,
        IOMMU_VDEVICE_ALLOC,
        iommu_vdevice_alloc({ viommu_id: device.viommu_id, dev_id: 55 }),
      ),
  ],
  [
    "virt_id",
    "virt_id is 0x9",
    ({ host, device }) =>
      host.sys.ioctl(
        device.iommufd,
        IOMMU_VDEVICE_ALLOC,
        iommu_vdevice_alloc({ viommu_id: device.viommu_id, dev_id: device.dev_id, virt_id: 9 }),
      ),
  ],
  [
    "users",
    "VIOMMU 4 has users 2, held by VDEVICE 5",
    ({ host, device }) =>
      host.sys.ioctl(device.iommufd, IOMMU_DESTROY, iommu_destroy({ id: device.viommu_id })),
  ],
  [
    "id",
    "id is 40",
    ({ host, device }) => host.sys.ioctl(device.iommufd, IOMMU_DESTROY, iommu_destroy({ id: 40 })),
  ],
  ["flags", "flags is 0x6", (on) => region(on, { flags: KVM_MEM_GUEST_MEMFD | KVM_MEM_READONLY })],
  ["aligned", "memory_size is 0x1001", (on) => region(on, { memory_size: PAGE + 1 })],
  ["user_address", "userspace_addr is 0x1", (on) => region(on, { userspace_addr: 1 })],
  ["slot_id", "slot is 0xffff", (on) => region(on, { slot: 0xffff })],
  ["delete", "slot 7 does not exist", (on) => region(on, { memory_size: 0 })],
  ["overlap", "slot 0 is at 0x8000_0000 .. 0x8000_8000", (on) => region(on, { guest_phys_addr: GPA })],
  ["private_fixed", "slot 0 exists", (on) => region(on, { slot: 0, flags: KVM_MEM_GUEST_MEMFD })],
  [
    "immutable",
    "slot 0 has 8 pages",
    (on) => region(on, { slot: 0, userspace_addr: on.vmm.memory[0]?.shared as number }),
  ],
  ["gmem_fd", "guest_memfd is 99", (on) => region(on, { flags: KVM_MEM_GUEST_MEMFD, guest_memfd: 99 })],
  [
    "gmem_bind",
    "is no guest_memfd",
    (on) => region(on, { flags: KVM_MEM_GUEST_MEMFD, guest_memfd: on.vmm.vm }),
  ],
  [
    "gmem_bind",
    "slot 0 uses pages 0 to 7 of the file",
    (on) => region(on, { flags: KVM_MEM_GUEST_MEMFD, guest_memfd: gmemOf(on) }),
  ],
  ["beyond_ipa", "an address has 40 bits", (on) => region(on, { guest_phys_addr: 2 ** 40 })],
  [
    "flags",
    "flags is 0x1",
    ({ host, vmm }) => host.sys.ioctl(vmm.vm, KVM_SET_MEMORY_ATTRIBUTES, kvm_memory_attributes({ flags: 1 })),
  ],
  [
    "attributes",
    "attributes is 0x1",
    ({ host, vmm }) =>
      host.sys.ioctl(vmm.vm, KVM_SET_MEMORY_ATTRIBUTES, kvm_memory_attributes({ attributes: 1 })),
  ],
  [
    "size",
    "size 0x0",
    ({ host, vmm }) =>
      host.sys.ioctl(vmm.vm, KVM_SET_MEMORY_ATTRIBUTES, kvm_memory_attributes({ address: GPA })),
  ],
  [
    "aligned",
    "size 0x1",
    ({ host, vmm }) =>
      host.sys.ioctl(vmm.vm, KVM_SET_MEMORY_ATTRIBUTES, kvm_memory_attributes({ address: GPA, size: 1 })),
  ],
  [
    "struct_read",
    "3 bytes can be read, 32 are needed",
    ({ host, vmm }) => host.sys.ioctl(vmm.vm, KVM_SET_MEMORY_ATTRIBUTES, new Uint8Array(3)),
  ],
  [
    "size",
    "size is 5",
    ({ host, vmm }) => host.sys.ioctl(vmm.vm, KVM_CREATE_GUEST_MEMFD, kvm_create_guest_memfd({ size: 5 })),
  ],
  [
    "flags",
    "flags is 0x2",
    ({ host, vmm }) =>
      host.sys.ioctl(vmm.vm, KVM_CREATE_GUEST_MEMFD, kvm_create_guest_memfd({ size: PAGE, flags: 2 })),
  ],
  ["exists", "id is 0", ({ host, vmm }) => host.sys.ioctl(vmm.vm, KVM_CREATE_VCPU, 0)],
  ["type", "type is 31", ({ host }) => host.sys.ioctl(host.sys.open("/dev/kvm"), KVM_CREATE_VM, 31)],
  [
    "initialized",
    "vCPU 3 is not initialised",
    ({ host, vmm }) => host.sys.ioctl(host.sys.ioctl(vmm.vm, KVM_CREATE_VCPU, 3), KVM_RUN),
  ],
  ["aligned", "length is 5", (on) => on.host.sys.fallocate(gmemOf(on), FALLOC_FL_KEEP_SIZE, 0, 5)],
  [
    "beyond_end",
    "the range ends at 40960, the file at 32768",
    (on) => on.host.sys.fallocate(gmemOf(on), FALLOC_FL_KEEP_SIZE, 0, 10 * PAGE),
  ],
  ["mode", "mode is 0", (on) => on.host.sys.fallocate(gmemOf(on), 0, 0, PAGE)],
  ["size_fixed", "length is 4096", (on) => on.host.sys.ftruncate(gmemOf(on), PAGE)],
  ["cannot", "kvm_gmem_fops", (on) => on.host.sys.read(gmemOf(on), new Uint8Array(4))],
  ["no_mmap", "kvm_gmem_fops", (on) => on.host.sys.mmap(0, PAGE, 1, 1, gmemOf(on), 0)],
  [
    "connected",
    "PCI_TSM_INIT",
    (on) => {
      const fd = on.host.sys.open("/sys/bus/pci/devices/0000:01:00.0/tsm/connect");
      on.host.sys.write(fd, Uint8Array.of(0x30, 0x0a));
      const bytes = iommu_vdevice_tsm_op({
        op: iommufd.IOMMU_VDEICE_TSM_BIND,
        vdevice_id: on.device.vdevice_id,
      });
      return on.host.sys.ioctl(on.device.iommufd, IOMMU_VDEVICE_TSM_OP, bytes);
    },
  ],
  [
    "bound",
    "nothing is bound",
    (on) => {
      unbindDevice(on.vmm, on.device);
      const bytes = iommu_vdevice_tsm_guest_request({ vdevice_id: on.device.vdevice_id });
      return on.host.sys.ioctl(on.device.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, bytes);
    },
  ],
  ["hwpt_id", "hwpt_id is 2; this is a IOAS", (on) => viommu(on, { hwpt_id: on.device.ioas_id })],
  ["type", "type is 9", (on) => viommu(on, { type: 9 })],
  [
    "nest_parent",
    "hwpt_id is",
    (on) => {
      const { dev_id, ioas_id, iommufd } = on.device;
      const bytes = iommu_hwpt_alloc({ dev_id, pt_id: ioas_id });
      on.host.sys.ioctl(iommufd, IOMMU_HWPT_ALLOC, bytes);
      return viommu(on, { hwpt_id: iommu_hwpt_alloc.decode(bytes).out_hwpt_id });
    },
  ],
  [
    "gmem_offset",
    "guest_memfd_offset is 0x5",
    (on) => region(on, { flags: KVM_MEM_GUEST_MEMFD, guest_memfd_offset: 5 }),
  ],
  [
    "pages",
    "memory_size is 0x800_0000_0000",
    (on) => region(on, { guest_phys_addr: 0, memory_size: 2 ** 43 }),
  ],
  [
    "wraps",
    "guest_phys_addr 0xffff_ffff_ffff_f000",
    (on) => region(on, { guest_phys_addr: 2n ** 64n - 4096n }),
  ],
  ["finalized", "vCPU 3 has no REC", (on) => freshVcpu(on, true, KVM_RUN)],
  [
    "initialized",
    "vCPU 3 is not initialised",
    (on) => freshVcpu(on, false, KVM_ARM_VCPU_FINALIZE, realmFeature()),
  ],
  ["feature", "the VM is a realm", (on) => freshVcpu(on, false, KVM_ARM_VCPU_INIT, kvm_vcpu_init())],
  [
    "unknown_feature",
    "the words of features are 1024, 0",
    (on) => freshVcpu(on, false, KVM_ARM_VCPU_INIT, kvm_vcpu_init({ features: [1 << 10] })),
  ],
  [
    "new_realm",
    "the realm is ACTIVE",
    ({ host, vmm }) => host.sys.ioctl(vmm.vcpus[0]?.fd as number, KVM_ARM_VCPU_FINALIZE, realmFeature()),
  ],
  [
    "again",
    "vCPU 0 was finalised before",
    ({ host }) => {
      const vmm = new Vmm(host);
      vmm.createVm();
      const { fd } = vmm.addVcpu(readingGuest([], { read: [] }));
      vmm.createRealm();
      vmm.finalizeVcpus();
      return host.sys.ioctl(fd, KVM_ARM_VCPU_FINALIZE, realmFeature());
    },
  ],
  ["argument", "there is one", ({ host, vmm }) => host.sys.ioctl(vmm.vcpus[0]?.fd as number, KVM_RUN, 1)],
  [
    "signal",
    "a signal is pending",
    ({ host, vmm }) => {
      host.process.task.signal_pending = true;
      return host.sys.ioctl(vmm.vcpus[0]?.fd as number, KVM_RUN);
    },
  ],
  ["length", "length is 0", (on) => on.host.sys.fallocate(gmemOf(on), FALLOC_FL_KEEP_SIZE, 0, 0)],
  ["length", "length is 0", (on) => on.host.sys.mmap(0, 0, 1, 1, gmemOf(on), 0)],
  ["offset", "offset is 1", (on) => on.host.sys.mmap(0, PAGE, 1, 1, gmemOf(on), 1)],
  ["sharing", "flags is 0", (on) => on.host.sys.mmap(0, PAGE, 1, 0, gmemOf(on), 0)],
  ["iommufd", "iommufd is 99", ({ host }) => bindAgain(host, 99)],
  ["iommufd_kind", "iommufd is 9", ({ host }) => bindAgain(host, host.sys.open("/dev/kvm"))],
  [
    "arguments",
    "flags is 2",
    ({ host, device }) =>
      host.sys.ioctl(device.vfio, VFIO_DEVICE_ATTACH_IOMMUFD_PT, vfio_device_attach_iommufd_pt({ flags: 2 })),
  ],
  [
    "read",
    "0 bytes can be read",
    ({ host, device }) => host.sys.ioctl(device.vfio, VFIO_DEVICE_DETACH_IOMMUFD_PT, 0),
  ],
  [
    "user_memory",
    "a mapping of IOMMU_IOAS_MAP",
    ({ host, device: { iommufd: fd, ioas_id } }) => {
      const user_va = host.sys.mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      const map = { flags: iommufd.IOMMU_IOAS_MAP_READABLE, ioas_id, user_va, length: PAGE };
      host.sys.ioctl(fd, iommufd.IOMMU_IOAS_MAP, iommu_ioas_map(map));
      return host.sys.ioctl(fd, iommufd.IOMMU_IOAS_CHANGE_PROCESS, iommu_ioas_change_process());
    },
  ],
  ["regular", "kvm_vm_fops", ({ host, vmm }) => host.sys.fallocate(vmm.vm, FALLOC_FL_KEEP_SIZE, 0, PAGE)],
];

describe("why this errno?", () => {
  it.each(FAILURES)("names the condition %s, because %s", (condition, values, act) => {
    const on = setting();

    const ret = act(on);

    expect(ret).toBeLessThan(0);
    const explanation = on.host.explain(ret);
    expect(explanation.text).toContain(values);
    expect(explanation.condition).toBe(condition);
    expect(explanation.text).not.toMatch(/undefined|NaN/);
  });

  it("says call, errno, sentence, condition, source and values", () => {
    const on = setting();

    expect(on.host.explain(tsmMap(on.vmm, on.device, GPA, GPA + 9 * PAGE)).text).toMatchInlineSnapshot(`
      "-EINVAL from ioctl(fd 7, IOMMU_VDEVICE_TSM_MAP)
      because: a page of the range lies in no memory slot with a guest_memfd; the pages before it stay mapped
      condition: private_slot
      source: kvm_map_private_memory, arch/arm64/kvm/mmu.c (RFC v1, patch 10)
      values: guest address 0x8000_8000 is in no slot"
    `);
  });

  it("names the firmware's own condition where the kernel says -ENXIO", () => {
    const on = setting();
    const { rd } = [...on.host.rmm.state.realms.values()][0] as { rd: number };
    const { basePfn, pages } = on.host.machine.memory;
    const last = BigInt((basePfn + pages - 1) * PAGE);
    on.host.smc(RMI_GRANULE_DELEGATE, last);
    on.host.smc(RMI_DATA_CREATE_UNKNOWN, BigInt(rd), last, BigInt(GPA));

    const ret = map(on);

    expect(on.host.explain(ret).condition).toBe("firmware");
    expect(on.host.explain(ret).text).toMatch(
      /values: RMI_DATA_CREATE_UNKNOWN\(rd \S+, data \S+, ipa 0x8000_0000\) was refused by rtte_state: the entry/,
    );
    // Mapped past the kernel, which thinks the page free.
    leaves(on.host, [`page ${hex(basePfn + pages - 1)} is in use although it is free`]);
  });

  it("names an injected fault where no command was refused", () => {
    const on = setting();
    on.host.kernel.faults.arm("rmi", 2);

    const explanation = on.host.explain(map(on));

    expect(explanation.condition).toBe("table_memory");
    expect(explanation.text).toContain("an injected fault has fired");
  });

  it("explains the call of another process, which must not touch the VM", () => {
    const { host, vmm } = setting();
    const other = host.newProcess();
    const ret = other.sys.ioctl(other.receive(host.process, vmm.vm), KVM_CREATE_VCPU, 5);

    const explanation = host.explain(ret, other);

    expect(explanation.condition).toBe("process");
    expect(explanation.text).toContain("the call came from another process");
  });

  it("says -ENODEV comes from a kernel without the TSM core", () => {
    const host = auditedHost({ memory: 256 * PAGE, config: { CONFIG_TSM: "n" } });
    const fd = host.sys.open("/dev/iommu");
    const ret = host.sys.ioctl(fd, IOMMU_VDEVICE_TSM_MAP, iommu_vdevice_tsm_map());

    expect(host.explain(ret).condition).toBe("config_tsm");
    expect(host.explain(ret).text).toContain("CONFIG_TSM is n");
  });

  it("names a range that only a repaired kernel looks at", () => {
    const on = setting({ kernel: "rfc-v1+range-checks" });
    const ret = map(on, { start_gpa: GPA + 1 });

    expect(on.host.explain(ret).condition).toBe("range");
  });

  it("names the fallback that a module brings along", () => {
    const on = setting({ config: { CONFIG_IOMMUFD: "m" } });

    expect(on.host.explain(map(on)).condition).toBe("weak");
  });

  it("has a reason for every errno of random calls that it knows", () => {
    const calls = errnoCatalogue.map(({ call }) => call);
    const commands = Object.entries({ ...kvm, ...iommufd }).flatMap(([name, value]) =>
      typeof value === "number" && calls.includes(name) ? [value] : [],
    );
    const on = setting();
    const words = fc.array(fc.constantFrom(0, 1, 3, 5, 7, 32, 40, PAGE, GPA, 2 ** 32 - 1), { maxLength: 12 });
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 10 }),
        fc.constantFrom(...commands),
        words,
        (fd, command, list) => {
          const ret = on.host.sys.ioctl(fd, command, new Uint8Array(Uint32Array.from(list).buffer));
          const kind = on.host.process.task.file(fd)?.f_op.name;
          if (ret >= 0 || ret === KILLED || isForeign(kind, command)) return;

          const { text, candidates } = on.host.explain(ret);
          expect(candidates, text).not.toEqual([]);
          if (candidates.length === 1) expect(text).toContain("because: ");
        },
      ),
      { numRuns: 1500, seed: 11 },
    );
  });

  it("lists what is possible where the state does not tell", () => {
    const on = setting();
    on.host.kernel.faults.arm("alloc", 1);
    const ret = map(on);

    const { condition, candidates, text } = on.host.explain(ret);
    expect(condition).toBeUndefined();
    expect(candidates).toEqual(["memory_cache", "gmem_memory"]);
    expect(text).toContain("it is one of these; the state does not tell which:");
    expect(text).toContain("an injected fault has fired");
  });

  it("looks at the bytes as they were when the call was made", () => {
    const on = setting();
    const bytes = iommu_vdevice_tsm_map({ flags: 4, vdevice_id: on.device.vdevice_id });
    const ret = on.host.sys.ioctl(on.device.iommufd, IOMMU_VDEVICE_TSM_MAP, bytes);
    bytes.fill(0);

    expect(on.host.explain(ret).text).toContain("flags is 0x4");
  });

  it("reads a structure that the program keeps in its own memory", () => {
    const on = setting();
    const bytes = iommu_vdevice_tsm_map({ flags: 4, vdevice_id: on.device.vdevice_id });
    const ret = on.host.sys.ioctl(on.device.iommufd, IOMMU_VDEVICE_TSM_MAP, on.host.user.place(bytes));

    expect(on.host.explain(ret).condition).toBe("flags");
  });

  it("explains the last call only, and says so", () => {
    const on = setting();
    const ret = map(on, { flags: 1 });
    on.host.sys.close(99);

    expect(on.host.explain(ret).text).toBe(
      "-EOPNOTSUPP is not what the last system call returned; only the last one can be explained\n" +
        "the last one: -EBADF from close(fd 99)",
    );
  });

  it("has nothing to explain where nothing failed", () => {
    const on = setting();
    const ret = map(on);

    expect(on.host.explain(ret).text).toBe("0 from ioctl(fd 7, IOMMU_VDEVICE_TSM_MAP)\nthe call succeeded");
    expect(boot().explain().text).toBe("this process has made no system call yet");
  });

  it("tells of the oops that killed the process", () => {
    const on = setting();
    const bytes = iommu_viommu_alloc({
      flags: 1,
      type: 1,
      dev_id: on.device.dev_id,
      hwpt_id: on.device.hwpt_id,
      kvm_vm_fd: 99,
    });
    const ret = on.host.sys.ioctl(on.device.iommufd, IOMMU_VIOMMU_ALLOC, bytes);

    expect(ret).toBe(KILLED);
    expect(on.host.explain(ret).text).toContain("because: NULL pointer dereference of filp");
    // What the killed call had looked up stays so; the vIOMMU that was not to be counts on the domain.
    const { dev_id, hwpt_id } = on.device;
    leaves(on.host, [
      `iommufd object ${dev_id} (DEVICE): users is 4, but 3 count on it`,
      `iommufd object ${dev_id} (DEVICE): wait_cnt is 3 instead of 2`,
      `iommufd object ${hwpt_id} (HWPT_PAGING): users is 4, but 2 count on it`,
      `iommufd object ${hwpt_id} (HWPT_PAGING): wait_cnt is 2 instead of 1`,
      "a file of iommufd_fops has f_count 4, but 3 hold it",
    ]);
  });
});

describe("why this status?", () => {
  it("names the condition of the command's table, and the values", () => {
    const { host } = setting();
    const [x0] = host.smc(RMI_GRANULE_DELEGATE, 0x1000n);

    expect(host.explain(x0).text).toMatchInlineSnapshot(`
      "RMI_ERROR_INPUT from RMI_GRANULE_DELEGATE
      because: addr is not a granule of DRAM in state NS
      condition: gran_state
      source: table of RMI_GRANULE_DELEGATE, recorded
      values: addr 0x1000"
    `);
    expect(host.explain(x0).condition).toBe("gran_state");
  });

  it("says so when another command was refused meanwhile, or none", () => {
    const { host } = setting();
    host.smc(RMI_GRANULE_DELEGATE, 0x1000n);
    const { rd } = [...host.rmm.state.realms.values()][0] as { rd: number };
    const [walk] = host.smc(RMI_RTT_READ_ENTRY, BigInt(rd), BigInt(GPA), 9n);

    expect(host.explain(walk).condition).toBe("level_bound");
    expect(host.explain(4n).text).toMatch(/is not the last answer of a condition/);
    expect(host.explain(0n).text).toBe("RMI_SUCCESS\nthe command succeeded");
  });
});

describe("the errno catalogue", () => {
  it("has every reason once in a call, with a sentence and a source", () => {
    for (const { call, reasons } of errnoCatalogue) {
      const keys = reasons.map(({ id, errno }) => `${id} ${errno}`);
      expect(new Set(keys).size, call).toBe(keys.length);
      for (const { id, errno, text, source } of reasons) {
        expect(errno, `${call} ${id}`).toBeGreaterThan(0);
        expect(text, `${call} ${id}`).toMatch(/^[a-zIKA-Z/][^.]+$/);
        expect(source, `${call} ${id}`).not.toBe("");
      }
    }
  });

  it("is proved: most conditions that can be judged are reached by a call of this file or of the one on order", () => {
    const wrong = casesFor({} as AssignedDevice).flatMap((one) => Object.keys(one.wrong));
    const reached = new Set([...FAILURES.map(([condition]) => condition), ...wrong]);
    const judged = errnoCatalogue.flatMap(({ reasons }) =>
      reasons.filter(({ evidence }) => evidence !== undefined),
    );
    const known = new Set(judged.map(({ id }) => id));

    for (const condition of reached) expect(known).toContain(condition);
    expect([...known].filter((id) => !reached.has(id)).sort()).toMatchInlineSnapshot(`
      [
        "active",
        "config_tsm",
        "dst_ioas_id",
        "fault_id",
        "file",
        "file_end",
        "firmware",
        "gmem_binding",
        "kvm_vm_fd",
        "memory_fault",
        "no_ioctl",
        "process",
        "range",
        "realm",
        "same_iommu",
        "table_memory",
        "tsm_driver",
        "weak",
      ]
    `);
  });
});
