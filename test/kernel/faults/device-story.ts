// SPDX-License-Identifier: MIT
import type { Host } from "../../../lib/src/boot.ts";
import * as uapi from "../../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import * as vfio from "../../../lib/src/kernel/vfio/uapi.ts";
import { createVm, PAGE } from "../../support/vm.ts";
import { viommuBytes } from "../iommufd/setup.ts";
import { type Tell, tellingStory } from "./telling-story.ts";

/** Every command of /dev/iommu and of device files that does something, with memory in the spaces that it is about. */
export function deviceStory(host: Host): string {
  return tellingStory(host, live);
}

const RW = uapi.IOMMU_IOAS_MAP_READABLE | uapi.IOMMU_IOAS_MAP_WRITEABLE;
const FIXED = RW | uapi.IOMMU_IOAS_MAP_FIXED_IOVA;

function live(host: Host, tell: Tell): void {
  const { sys, user } = host;
  const fd = tell("open", sys.open("/dev/iommu"));
  const device = tell("open", sys.open("/dev/vfio/devices/vfio0"));
  /** Makes an ioctl and answers what its structure says then. */
  const on = (file: number) => {
    return <T>(
      name: string,
      command: number,
      bytes: Uint8Array,
      layout: { decode: (bytes: Uint8Array) => T },
    ): T => {
      tell(name, sys.ioctl(file, command, bytes));
      return layout.decode(bytes);
    };
  };
  const [iommu, dev] = [on(fd), on(device)];
  const memory = user.allocate(4 * PAGE);

  const alloc = structs.iommu_ioas_alloc;
  const ioas_id = iommu("IOMMU_IOAS_ALLOC", uapi.IOMMU_IOAS_ALLOC, alloc(), alloc).out_ioas_id;
  const map = structs.iommu_ioas_map;
  const mapping = { flags: FIXED, ioas_id, user_va: memory, length: 4 * PAGE, iova: 16 * PAGE };
  iommu("IOMMU_IOAS_MAP", uapi.IOMMU_IOAS_MAP, map(mapping), map);
  const file = tell("open", sys.open("/dev/shm"));
  tell("ftruncate", sys.ftruncate(file, 2 * PAGE));
  const mapFile = structs.iommu_ioas_map_file;
  const ofFile = mapFile({ flags: RW, ioas_id, fd: file, length: 2 * PAGE });
  iommu("IOMMU_IOAS_MAP_FILE", uapi.IOMMU_IOAS_MAP_FILE, ofFile, mapFile);
  const allow = structs.iommu_ioas_allow_iovas;
  const allowed_iovas = user.place(structs.iommu_iova_range({ start: 0, last: 64 * PAGE - 1 }));
  iommu(
    "IOMMU_IOAS_ALLOW_IOVAS",
    uapi.IOMMU_IOAS_ALLOW_IOVAS,
    allow({ ioas_id, num_iovas: 1, allowed_iovas }),
    allow,
  );

  const choose = structs.iommu_vfio_ioas;
  iommu("IOMMU_VFIO_IOAS", uapi.IOMMU_VFIO_IOAS, choose({ ioas_id, op: uapi.IOMMU_VFIO_IOAS_SET }), choose);
  tell("VFIO_SET_IOMMU", sys.ioctl(fd, vfio.VFIO_SET_IOMMU, vfio.VFIO_TYPE1_IOMMU));
  const bind = vfio.vfio_device_bind_iommufd;
  const { out_devid: dev_id } = dev("BIND", vfio.VFIO_DEVICE_BIND_IOMMUFD, bind({ iommufd: fd }), bind);
  const attach = vfio.vfio_device_attach_iommufd_pt;
  dev("ATTACH", vfio.VFIO_DEVICE_ATTACH_IOMMUFD_PT, attach({ argsz: 12, pt_id: ioas_id }), attach);
  const copy = structs.iommu_ioas_copy;
  const ids = { src_ioas_id: ioas_id, dst_ioas_id: ioas_id };
  const part = copy({ flags: RW, ...ids, length: 2 * PAGE, src_iova: 17 * PAGE });
  iommu("IOMMU_IOAS_COPY", uapi.IOMMU_IOAS_COPY, part, copy);
  const unmap = vfio.vfio_iommu_type1_dma_unmap;
  iommu("UNMAP_DMA", vfio.VFIO_IOMMU_UNMAP_DMA, unmap({ iova: 17 * PAGE, size: PAGE }), unmap);
  const info = vfio.vfio_iommu_type1_info;
  const room = new Uint8Array(128);
  room.set(info({ argsz: 128 }));
  iommu("GET_INFO", vfio.VFIO_IOMMU_GET_INFO, room, info);
  const ranges = structs.iommu_ioas_iova_ranges;
  const told = ranges({ ioas_id, num_iovas: 4, allowed_iovas: memory });
  iommu("IOMMU_IOAS_IOVA_RANGES", uapi.IOMMU_IOAS_IOVA_RANGES, told, ranges);

  const hwpt = structs.iommu_hwpt_alloc;
  const flags = uapi.IOMMU_HWPT_ALLOC_NEST_PARENT;
  const parent = hwpt({ dev_id, pt_id: ioas_id, flags });
  const hwpt_id = iommu("IOMMU_HWPT_ALLOC", uapi.IOMMU_HWPT_ALLOC, parent, hwpt).out_hwpt_id;
  const queue = structs.iommu_fault_alloc;
  const { out_fault_id } = iommu("FAULT_QUEUE", uapi.IOMMU_FAULT_QUEUE_ALLOC, queue(), queue);
  const viommu = structs.iommu_viommu_alloc;
  const withVm = viommuBytes({ dev_id, hwpt_id, flags: 1, kvm_vm_fd: createVm(host) });
  const { out_viommu_id: viommu_id } = iommu("IOMMU_VIOMMU_ALLOC", uapi.IOMMU_VIOMMU_ALLOC, withVm, viommu);
  const nested = hwpt({
    dev_id,
    pt_id: viommu_id,
    flags: uapi.IOMMU_HWPT_FAULT_ID_VALID,
    fault_id: out_fault_id,
    data_type: uapi.IOMMU_HWPT_DATA_ARM_SMMUV3,
    data_len: 16,
    data_uptr: user.place(structs.iommu_hwpt_arm_smmuv3({ ste: [0b1001n, 0n] })),
  });
  const nested_id = iommu("IOMMU_HWPT_ALLOC", uapi.IOMMU_HWPT_ALLOC, nested, hwpt).out_hwpt_id;
  dev("ATTACH", vfio.VFIO_DEVICE_ATTACH_IOMMUFD_PT, attach({ argsz: 12, pt_id: nested_id }), attach);
  const vdevice = structs.iommu_vdevice_alloc;
  iommu("IOMMU_VDEVICE_ALLOC", uapi.IOMMU_VDEVICE_ALLOC, vdevice({ viommu_id, dev_id, virt_id: 8 }), vdevice);
  const invalidate = structs.iommu_hwpt_invalidate;
  const entry = user.place(structs.iommu_viommu_arm_smmuv3_invalidate({ cmd: [0x10n, 0n] }));
  const all = invalidate({ hwpt_id: viommu_id, data_uptr: entry, data_type: 1, entry_len: 16, entry_num: 1 });
  iommu("IOMMU_HWPT_INVALIDATE", uapi.IOMMU_HWPT_INVALIDATE, all, invalidate);
  const hwInfo = structs.iommu_hw_info;
  iommu(
    "IOMMU_GET_HW_INFO",
    uapi.IOMMU_GET_HW_INFO,
    hwInfo({ dev_id, data_len: 48, data_uptr: memory }),
    hwInfo,
  );

  const detach = vfio.vfio_device_detach_iommufd_pt;
  dev("DETACH", vfio.VFIO_DEVICE_DETACH_IOMMUFD_PT, detach({ argsz: 8 }), detach);
  const everything = structs.iommu_ioas_unmap({ ioas_id, length: 2n ** 64n - 1n });
  iommu("IOMMU_IOAS_UNMAP", uapi.IOMMU_IOAS_UNMAP, everything, structs.iommu_ioas_unmap);
  tell("IOMMU_DESTROY", sys.ioctl(fd, uapi.IOMMU_DESTROY, structs.iommu_destroy({ id: nested_id })));
  tell("close", sys.close(device));
}
