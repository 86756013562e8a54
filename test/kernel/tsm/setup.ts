// SPDX-License-Identifier: MIT
import type { BootOptions, Host } from "../../../lib/src/boot.ts";
import type { GuestAction, GuestResult } from "../../../lib/src/hw/processor.ts";
import * as uapi from "../../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import {
  RSI_RDEV_CONTINUE,
  RSI_RDEV_GET_INSTANCE_ID,
  RSI_RDEV_LOCK,
  RSI_RDEV_START,
} from "../../../lib/src/rmm/fid.ts";
import { RSI_INCOMPLETE } from "../../../lib/src/rmm/rsi-status.ts";
import type { GuestProgram } from "../../../lib/src/user/guest.ts";
import { startRealm, type Vmm } from "../../../lib/src/user/vmm.ts";
import { auditedHost } from "../../support/host.ts";
import { ask, bindDevice, hwptAlloc, ioasAlloc, vdeviceBytes, viommuBytes } from "../iommufd/setup.ts";

export const GPA = 0x8000_0000;
export const PAGE = 4096;
export const CONNECT = "/sys/bus/pci/devices/0000:01:00.0/tsm/connect";

/** A host with a running realm and a device whose vIOMMU knows the realm's VM. */
export interface World {
  readonly host: Host;
  readonly vmm: Vmm;
  readonly iommufd: number;
  readonly deviceFd: number;
  readonly vdevice: number;
}

/** The device's requester id, as the guest knows it. */
export const VIRT_ID = 0x99;

export function writeConnect(host: Host, text: string): number {
  const fd = host.sys.open(CONNECT);
  const result = host.sys.write(fd, new TextEncoder().encode(text));
  host.sys.close(fd);
  return result;
}

export function world(options: BootOptions = {}): World {
  const host = auditedHost(options);
  const vmm = startRealm(host, { gpa: GPA, size: 8 * PAGE, programs: [deviceDriver()] });
  return { host, vmm, ...assign(host, vmm.vm) };
}

/** Gives the device to a VM: everything up to a vdevice. */
export function assign(
  host: Host,
  kvm_vm_fd: number,
): { iommufd: number; deviceFd: number; vdevice: number } {
  const { sys } = host;
  const iommufd = sys.open("/dev/iommu");
  const { fd: deviceFd, dev_id } = bindDevice(sys, iommufd);
  const flags = uapi.IOMMU_HWPT_ALLOC_NEST_PARENT;
  const hwpt_id = hwptAlloc(sys, iommufd, { dev_id, pt_id: ioasAlloc(sys, iommufd), flags });
  const viommu_id = ask(
    sys,
    iommufd,
    uapi.IOMMU_VIOMMU_ALLOC,
    structs.iommu_viommu_alloc,
    viommuBytes({ dev_id, hwpt_id, flags: uapi.IOMMU_VIOMMU_KVM_FD, kvm_vm_fd }),
    "out_viommu_id",
  );
  const bytes = vdeviceBytes({ viommu_id, dev_id, virt_id: VIRT_ID });
  const layout = structs.iommu_vdevice_alloc;
  const vdevice = ask(sys, iommufd, uapi.IOMMU_VDEVICE_ALLOC, layout, bytes, "out_vdevice_id");
  return { iommufd, deviceFd, vdevice };
}

export function tsmOp({ host, iommufd, vdevice }: World, op: number): number {
  return host.sys.ioctl(
    iommufd,
    uapi.IOMMU_VDEVICE_TSM_OP,
    structs.iommu_vdevice_tsm_op({ op, vdevice_id: vdevice }),
  );
}

export const bind = (made: World): number => tsmOp(made, uapi.IOMMU_VDEICE_TSM_BIND);
export const unbind = (made: World): number => tsmOp(made, uapi.IOMMU_VDEICE_TSM_UNBIND);

export function map({ host, iommufd, vdevice }: World, start_gpa: number, end_gpa: number): number {
  const bytes = structs.iommu_vdevice_tsm_map({ vdevice_id: vdevice, start_gpa, end_gpa });
  return host.sys.ioctl(iommufd, uapi.IOMMU_VDEVICE_TSM_MAP, bytes);
}

/** A guest that locks its device and then lets it run. */
export function* deviceDriver(): GuestProgram {
  yield { op: "wait" };
  const found = yield { op: "smc", fid: RSI_RDEV_GET_INSTANCE_ID, args: [VIRT_ID] };
  const instance = found.kind === "returned" ? found.x1 : 0;
  yield* carryOut(RSI_RDEV_LOCK, instance);
  yield* carryOut(RSI_RDEV_START, instance);
  return undefined;
}

function* carryOut(fid: number, instance: number): Generator<GuestAction, void, GuestResult> {
  yield { op: "smc", fid, args: [VIRT_ID, instance] };
  for (;;) {
    const result = yield { op: "smc", fid: RSI_RDEV_CONTINUE, args: [VIRT_ID, instance] };
    if (result.kind !== "returned" || result.x0 !== RSI_INCOMPLETE) return;
  }
}
