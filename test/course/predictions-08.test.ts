// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { normalised } from "../../lib/src/course/prediction.ts";
import { iommufdPredictions } from "../../lib/src/course/predictions/08.ts";
import {
  type AssignedDevice,
  assignDevice,
  boot,
  errnoName,
  IOMMU_DESTROY,
  IOMMU_IOAS_ALLOC,
  IOMMU_VDEVICE_ALLOC,
  IOMMU_VDEVICE_TSM_MAP,
  IOMMU_VIOMMU_ALLOC,
  IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
  iommu_destroy,
  iommu_ioas_alloc,
  iommu_vdevice_alloc,
  iommu_vdevice_tsm_map,
  iommu_viommu_alloc,
  KILLED,
  mappedPages,
  PAGE_SIZE,
  startRealm,
  tsmMap,
  type Vmm,
} from "../../lib/src/index.ts";

const RAM = 0x8000_0000;

function scene(): {
  vmm: Vmm;
  device: AssignedDevice;
  ioctl: (n: number, arg: Uint8Array | number) => number;
} {
  const vmm = startRealm(boot(), { gpa: RAM, size: 4 * PAGE_SIZE });
  const device = assignDevice(vmm);
  return { vmm, device, ioctl: (n, arg) => vmm.host.sys.ioctl(device.iommufd, n, arg) };
}

function withoutVdevice(): ReturnType<typeof scene> {
  const made = scene();
  for (const id of [made.device.vdevice_id, made.device.viommu_id])
    expect(made.ioctl(IOMMU_DESTROY, iommu_destroy({ id }))).toBe(0);
  return made;
}

function request(
  fields: Parameters<typeof iommu_vdevice_tsm_map>[0],
  command = IOMMU_VDEVICE_TSM_MAP,
): number {
  const { device, ioctl } = scene();
  return ioctl(command, iommu_vdevice_tsm_map({ vdevice_id: device.vdevice_id, ...fields }));
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string> = {
  "08-next-id": () => {
    const bytes = iommu_ioas_alloc();
    withoutVdevice().ioctl(IOMMU_IOAS_ALLOC, bytes);
    return String(iommu_ioas_alloc.decode(bytes).out_ioas_id);
  },
  "08-look-alike": () => request({}, 0xc020_3b97),
  "08-bad-pointer": () => scene().ioctl(0xc020_3b97, 0),
  "08-padding": () => {
    const { device, ioctl } = scene();
    return ioctl(
      IOMMU_VDEVICE_TSM_MAP,
      iommu_vdevice_tsm_map({ vdevice_id: device.vdevice_id }).fill(0xff, 28),
    );
  },
  "08-flags": () => request({ flags: 1, vdevice_id: 99 }),
  "08-copy-back": () => {
    const { vmm, device } = scene();
    vmm.host.kernel.faults.arm("copy", 3);
    expect(errnoName(tsmMap(vmm, device, RAM, RAM + 2 * PAGE_SIZE))).toBe("-EFAULT");
    return String(mappedPages(vmm.host, RAM, RAM + 4 * PAGE_SIZE).length);
  },
  "08-no-kvm": () => {
    const { device, ioctl } = withoutVdevice();
    const { dev_id, hwpt_id } = device;
    const viommu = iommu_viommu_alloc({ type: IOMMU_VIOMMU_TYPE_ARM_SMMUV3, dev_id, hwpt_id });
    expect(ioctl(IOMMU_VIOMMU_ALLOC, viommu)).toBe(0);
    const viommu_id = iommu_viommu_alloc.decode(viommu).out_viommu_id;
    const vdevice = iommu_vdevice_alloc({ viommu_id, dev_id, virt_id: 8 });
    expect(ioctl(IOMMU_VDEVICE_ALLOC, vdevice)).toBe(0);
    const { out_vdevice_id: vdevice_id } = iommu_vdevice_alloc.decode(vdevice);
    const result = ioctl(IOMMU_VDEVICE_TSM_MAP, iommu_vdevice_tsm_map({ vdevice_id }));
    return result === KILLED ? "killed" : errnoName(result);
  },
};

it.each(iommufdPredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);
