// SPDX-License-Identifier: MIT
import { Trace } from "../../../lib/src/base/trace.ts";
import { Machine } from "../../../lib/src/hw/machine.ts";
import { DEFAULT_CONFIG, type KernelConfig } from "../../../lib/src/kernel/config.ts";
import { auditDeviceAssignment } from "../../../lib/src/kernel/device-assignment.ts";
import { installShmem } from "../../../lib/src/kernel/fs/shmem.ts";
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from "../../../lib/src/kernel/fs/uapi.ts";
import { installIommufd } from "../../../lib/src/kernel/iommufd/install.ts";
import type { Iommufd, MapPrivateMemory } from "../../../lib/src/kernel/iommufd/object-table.ts";
import * as uapi from "../../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import { Kernel } from "../../../lib/src/kernel/kernel.ts";
import { installKvm } from "../../../lib/src/kernel/kvm/dev-kvm.ts";
import { KVM_CREATE_VM, KVM_VM_TYPE_ARM_REALM } from "../../../lib/src/kernel/kvm/uapi.ts";
import type { pci_dev, StreamDomain } from "../../../lib/src/kernel/pci/pci-dev.ts";
import type { Process } from "../../../lib/src/kernel/process.ts";
import { SyscallTasks } from "../../../lib/src/kernel/syscall-tasks.ts";
import { Syscalls } from "../../../lib/src/kernel/syscalls.ts";
import { installVfio } from "../../../lib/src/kernel/vfio/device-file.ts";
import {
  VFIO_DEVICE_ATTACH_IOMMUFD_PT,
  VFIO_DEVICE_BIND_IOMMUFD,
  vfio_device_attach_iommufd_pt,
  vfio_device_bind_iommufd,
} from "../../../lib/src/kernel/vfio/uapi.ts";
import { Rmm } from "../../../lib/src/rmm/rmm.ts";
import { auditAtEnd } from "../../support/host.ts";

export const DRAM = 0x8_8000_0000;
export const PAGE = 4096;

/** A device without hardware behind it: it remembers the domain that it was given. */
export interface TestDevice extends pci_dev {
  domain: StreamDomain | undefined;
}

/** A kernel with iommufd, KVM and device files, and one process. */
export interface Setup {
  readonly kernel: Kernel;
  readonly iommufd: Iommufd;
  readonly process: Process;
  readonly sys: Syscalls;
  readonly devices: readonly TestDevice[];
  readonly smmu: object;
}

export interface SetupOptions {
  readonly config?: Partial<KernelConfig>;
  readonly devices?: number;
  readonly kvm_map_private_memory?: MapPrivateMemory;
}

// biome-ignore lint/correctness/useYield: it has the type of a function that may wait.
export function* mapNothing(): ReturnType<MapPrivateMemory> {
  return 0;
}

/** Makes all that; it is audited when the test ends. */
export function setup(options: SetupOptions = {}): Setup {
  const machine = new Machine({ dramBase: DRAM, dramPages: 4096, trace: new Trace() });
  const kernel = new Kernel(machine, new Rmm(machine), { ...DEFAULT_CONFIG, ...options.config });
  installKvm(kernel);
  installShmem(kernel);
  const iommufd = installIommufd(kernel, {
    kvm_map_private_memory: options.kvm_map_private_memory ?? mapNothing,
  });
  const smmu = {};
  const devices = Array.from({ length: options.devices ?? 1 }, (_, n) => testDevice(n, smmu));
  const vfio = installVfio(kernel, devices);
  auditDeviceAssignment(kernel, { iommufd, devices, vfio, tsm: undefined });
  auditAtEnd({ kernel });
  const process = kernel.newProcess();
  return {
    kernel,
    iommufd,
    process,
    sys: new Syscalls(new SyscallTasks(kernel, process)),
    devices,
    smmu,
  };
}

export function testDevice(n: number, iommu_dev: object): TestDevice {
  return {
    name: `0000:0${n + 1}:00.0`,
    devid: (n + 1) << 8,
    iommu_dev,
    tee: true,
    tsm: undefined,
    dma_owner: undefined,
    domain: undefined,
    setDomain(domain) {
      this.domain = domain;
    },
  };
}

/** What the audit says of an object whose look-up nobody gave back: the kernel was killed, or forgets it. */
export function inFlight(id: number, type: string, countedBy: number): string[] {
  return [
    `iommufd object ${id} (${type}): users is ${countedBy + 1}, but ${countedBy} count on it`,
    `iommufd object ${id} (${type}): wait_cnt is 2 instead of 1`,
  ];
}

/** The same of the file through which a call was made that killed its process. */
export const FILE_IN_FLIGHT = "a file of iommufd_fops has f_count 4, but 3 hold it";

/** Zero-filled user memory. */
export function userMemory(sys: Syscalls, bytes: number): number {
  return sys.mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/** The address of user memory that holds the bytes and can no longer be written. */
export function readOnlyMemory(process: Process, sys: Syscalls, bytes: Uint8Array): number {
  const address = userMemory(sys, bytes.length);
  process.mm.copy_to_user(address, bytes);
  const area = process.mm.find_vma(address) as { writable: boolean };
  area.writable = false;
  return address;
}

/** Makes a call that must succeed and answers one field of what came back. */
export function ask<K extends string>(
  sys: Syscalls,
  fd: number,
  command: number,
  layout: { readonly decode: (bytes: Uint8Array) => Partial<Record<K, unknown>> },
  bytes: Uint8Array,
  field: K,
): number {
  const result = sys.ioctl(fd, command, bytes);
  if (result !== 0) throw new Error(`ioctl 0x${command.toString(16)} returned ${result}`);
  return Number(layout.decode(bytes)[field]);
}

export function ioasAlloc(sys: Syscalls, fd: number): number {
  return ask(
    sys,
    fd,
    uapi.IOMMU_IOAS_ALLOC,
    structs.iommu_ioas_alloc,
    structs.iommu_ioas_alloc(),
    "out_ioas_id",
  );
}

export function ioasMap(
  sys: Syscalls,
  fd: number,
  values: { ioas_id: number; user_va: number; length: number; iova?: number; flags?: number },
): number {
  const flags =
    uapi.IOMMU_IOAS_MAP_READABLE |
    uapi.IOMMU_IOAS_MAP_WRITEABLE |
    (values.iova === undefined ? 0 : uapi.IOMMU_IOAS_MAP_FIXED_IOVA);
  return sys.ioctl(fd, uapi.IOMMU_IOAS_MAP, structs.iommu_ioas_map({ flags, ...values }));
}

export function destroy(sys: Syscalls, fd: number, id: number): number {
  return sys.ioctl(fd, uapi.IOMMU_DESTROY, structs.iommu_destroy({ id }));
}

/** Binds device `n` to an iommufd; the descriptor of its file and the id of its object. */
export function bindDevice(sys: Syscalls, iommufd: number, n = 0): { fd: number; dev_id: number } {
  const fd = sys.open(`/dev/vfio/devices/vfio${n}`);
  const bytes = vfio_device_bind_iommufd({ iommufd });
  const dev_id = ask(sys, fd, VFIO_DEVICE_BIND_IOMMUFD, vfio_device_bind_iommufd, bytes, "out_devid");
  return { fd, dev_id };
}

export function attach(sys: Syscalls, deviceFd: number, pt_id: number): number {
  const bytes = vfio_device_attach_iommufd_pt({ argsz: 12, pt_id });
  return sys.ioctl(deviceFd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, bytes);
}

export function hwptAlloc(
  sys: Syscalls,
  fd: number,
  values: { dev_id: number; pt_id: number; flags?: number },
): number {
  const layout = structs.iommu_hwpt_alloc;
  return ask(sys, fd, uapi.IOMMU_HWPT_ALLOC, layout, layout(values), "out_hwpt_id");
}

export function createRealmVm(sys: Syscalls): number {
  return sys.ioctl(sys.open("/dev/kvm"), KVM_CREATE_VM, KVM_VM_TYPE_ARM_REALM);
}

export function viommuBytes(values: {
  dev_id: number;
  hwpt_id: number;
  flags?: number;
  type?: number;
  kvm_vm_fd?: number;
}): Uint8Array {
  return structs.iommu_viommu_alloc({ type: uapi.IOMMU_VIOMMU_TYPE_ARM_SMMUV3, ...values });
}

/** Everything up to a vdevice whose vIOMMU knows the VM. */
export interface Chain {
  readonly fd: number;
  readonly ioas: number;
  readonly deviceFd: number;
  readonly dev_id: number;
  readonly hwpt: number;
  readonly vm: number;
  readonly viommu: number;
  readonly vdevice: number;
}

export function vdeviceBytes(values: { viommu_id: number; dev_id: number; virt_id?: number }): Uint8Array {
  return structs.iommu_vdevice_alloc({ virt_id: 0x99, ...values });
}

export function chain(sys: Syscalls): Chain {
  const fd = sys.open("/dev/iommu");
  const ioas = ioasAlloc(sys, fd);
  const { fd: deviceFd, dev_id } = bindDevice(sys, fd);
  const flags = uapi.IOMMU_HWPT_ALLOC_NEST_PARENT;
  const hwpt = hwptAlloc(sys, fd, { dev_id, pt_id: ioas, flags });
  const vm = createRealmVm(sys);
  const viommu = ask(
    sys,
    fd,
    uapi.IOMMU_VIOMMU_ALLOC,
    structs.iommu_viommu_alloc,
    viommuBytes({ dev_id, hwpt_id: hwpt, flags: uapi.IOMMU_VIOMMU_KVM_FD, kvm_vm_fd: vm }),
    "out_viommu_id",
  );
  const vdevice = ask(
    sys,
    fd,
    uapi.IOMMU_VDEVICE_ALLOC,
    structs.iommu_vdevice_alloc,
    vdeviceBytes({ viommu_id: viommu, dev_id }),
    "out_vdevice_id",
  );
  return { fd, ioas, deviceFd, dev_id, hwpt, vm, viommu, vdevice };
}

export function tsmMap(
  sys: Syscalls,
  fd: number,
  values: { vdevice_id: number; start_gpa?: bigint; end_gpa?: bigint; flags?: number; size?: number },
): number {
  return sys.ioctl(fd, uapi.IOMMU_VDEVICE_TSM_MAP, structs.iommu_vdevice_tsm_map(values));
}
