// SPDX-License-Identifier: MIT
import { asciiBytes } from "../base/ascii.ts";
import {
  IOMMU_HWPT_ALLOC,
  IOMMU_HWPT_ALLOC_NEST_PARENT,
  IOMMU_IOAS_ALLOC,
  IOMMU_VDEICE_TSM_BIND,
  IOMMU_VDEICE_TSM_UNBIND,
  IOMMU_VDEVICE_ALLOC,
  IOMMU_VDEVICE_TSM_MAP,
  IOMMU_VDEVICE_TSM_OP,
  IOMMU_VIOMMU_ALLOC,
  IOMMU_VIOMMU_KVM_FD,
  IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
} from "../kernel/iommufd/uapi.ts";
import {
  iommu_hwpt_alloc,
  iommu_ioas_alloc,
  iommu_vdevice_alloc,
  iommu_vdevice_tsm_map,
  iommu_vdevice_tsm_op,
  iommu_viommu_alloc,
} from "../kernel/iommufd/uapi-structs.ts";
import { VFIO_DEVICE_BIND_IOMMUFD, vfio_device_bind_iommufd } from "../kernel/vfio/uapi.ts";
import { must, type Vmm } from "./vmm.ts";

/** Id that the guest knows the device by, unless the VMM gives another: bus 0, device 1, function 0. */
export const VIRTUAL_DEVICE_ID = 0x8;

/** A device that a VMM has taken over for its VM: the descriptors and object ids on the way to it. */
export interface AssignedDevice {
  /** Descriptor of /dev/iommu. */
  readonly iommufd: number;
  /** Descriptor of the device's file. */
  readonly vfio: number;
  readonly dev_id: number;
  readonly ioas_id: number;
  readonly hwpt_id: number;
  readonly viommu_id: number;
  readonly vdevice_id: number;
}

/**
 * Connects a device to the TSM, as an administrator does before any VM uses it.
 *
 * @param name the PCI function, such as "0000:01:00.0"
 */
export function connectTsm(vmm: Vmm, name: string): void {
  const { sys } = vmm.host;
  const fd = must("open tsm/connect", sys.open(`/sys/bus/pci/devices/${name}/tsm/connect`));
  must("write tsm/connect", sys.write(fd, asciiBytes("1\n")));
  sys.close(fd);
}

/**
 * Takes a device over for a VM, through system calls: binds it to an iommufd, makes a domain that can carry a vIOMMU,
 * the vIOMMU that knows the VM, and the vdevice.
 *
 * @param node which file below /dev/vfio/devices, counted from 0
 * @param virt_id id that the guest is to know the device by; each device of a realm needs its own
 */
export function assignDevice(vmm: Vmm, node = 0, virt_id: number = VIRTUAL_DEVICE_ID): AssignedDevice {
  const { sys } = vmm.host;
  const iommufd = must("open /dev/iommu", sys.open("/dev/iommu"));
  const vfio = must("open vfio", sys.open(`/dev/vfio/devices/vfio${node}`));

  const bind = vfio_device_bind_iommufd({ iommufd });
  must("VFIO_DEVICE_BIND_IOMMUFD", sys.ioctl(vfio, VFIO_DEVICE_BIND_IOMMUFD, bind));
  const dev_id = vfio_device_bind_iommufd.decode(bind).out_devid;

  const ioas = iommu_ioas_alloc();
  must("IOMMU_IOAS_ALLOC", sys.ioctl(iommufd, IOMMU_IOAS_ALLOC, ioas));
  const ioas_id = iommu_ioas_alloc.decode(ioas).out_ioas_id;

  const hwpt = iommu_hwpt_alloc({ flags: IOMMU_HWPT_ALLOC_NEST_PARENT, dev_id, pt_id: ioas_id });
  must("IOMMU_HWPT_ALLOC", sys.ioctl(iommufd, IOMMU_HWPT_ALLOC, hwpt));
  const hwpt_id = iommu_hwpt_alloc.decode(hwpt).out_hwpt_id;

  const viommu = iommu_viommu_alloc({
    flags: IOMMU_VIOMMU_KVM_FD,
    type: IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
    dev_id,
    hwpt_id,
    kvm_vm_fd: vmm.vm,
  });
  must("IOMMU_VIOMMU_ALLOC", sys.ioctl(iommufd, IOMMU_VIOMMU_ALLOC, viommu));
  const viommu_id = iommu_viommu_alloc.decode(viommu).out_viommu_id;

  const vdevice = iommu_vdevice_alloc({ viommu_id, dev_id, virt_id });
  must("IOMMU_VDEVICE_ALLOC", sys.ioctl(iommufd, IOMMU_VDEVICE_ALLOC, vdevice));
  const vdevice_id = iommu_vdevice_alloc.decode(vdevice).out_vdevice_id;

  return { iommufd, vfio, dev_id, ioas_id, hwpt_id, viommu_id, vdevice_id };
}

/** Binds the device to the VM's realm: from then on the SMMU walks the realm's own tables for it. */
export function bindDevice(vmm: Vmm, device: AssignedDevice): number {
  return tsmOperation(vmm, device, IOMMU_VDEICE_TSM_BIND);
}

/** Takes the device out of the realm again. */
export function unbindDevice(vmm: Vmm, device: AssignedDevice): number {
  return tsmOperation(vmm, device, IOMMU_VDEICE_TSM_UNBIND);
}

function tsmOperation(vmm: Vmm, { iommufd, vdevice_id }: AssignedDevice, op: number): number {
  return vmm.host.sys.ioctl(iommufd, IOMMU_VDEVICE_TSM_OP, iommu_vdevice_tsm_op({ op, vdevice_id }));
}

/**
 * The patch's ioctl: maps a range of guest memory (bytes, end exclusive) for the device's VM. Returns what the
 * system call returns.
 */
export function tsmMap(
  vmm: Vmm,
  { iommufd, vdevice_id }: AssignedDevice,
  start_gpa: number,
  end_gpa: number,
): number {
  const bytes = iommu_vdevice_tsm_map({ vdevice_id, start_gpa, end_gpa });
  return vmm.host.sys.ioctl(iommufd, IOMMU_VDEVICE_TSM_MAP, bytes);
}
