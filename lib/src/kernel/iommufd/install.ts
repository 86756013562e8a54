// SPDX-License-Identifier: MIT
import type { Kernel } from "../kernel.ts";
import { iommufd_destroy } from "./destroy.ts";
import { iommufd_get_hw_info } from "./device.ts";
import { iommufd_fault_alloc } from "./fault.ts";
import { iommufd_hwpt_get_dirty_bitmap, iommufd_hwpt_set_dirty_tracking } from "./hwpt.ts";
import { iommufd_hwpt_alloc, iommufd_hwpt_invalidate } from "./hwpt-alloc.ts";
import {
  iommufd_ioas_alloc_ioctl,
  iommufd_ioas_allow_iovas,
  iommufd_ioas_change_process,
  iommufd_ioas_copy,
  iommufd_ioas_iova_ranges,
  iommufd_ioas_map,
  iommufd_ioas_map_file,
  iommufd_ioas_unmap,
} from "./ioas.ts";
import { type LinkedSymbols, resolveSymbols } from "./link.ts";
import { iommufd_fops_open, iommufdFops } from "./main.ts";
import type { Iommufd } from "./object-table.ts";
import { iommufd_option } from "./option.ts";
import type { IoctlHandler } from "./ucmd.ts";
import { iommufd_vdevice_alloc_ioctl } from "./vdevice.ts";
import { tsmHandlers, tsmStubs } from "./vdevice-tsm.ts";
import { iommufd_vfio_ioas, iommufd_vfio_ioctl } from "./vfio-compat.ts";
import { iommufd_hw_queue_alloc_ioctl, iommufd_veventq_alloc, iommufd_viommu_alloc_ioctl } from "./viommu.ts";

const handlers: Readonly<Record<string, IoctlHandler>> = {
  IOMMU_DESTROY: iommufd_destroy,
  IOMMU_IOAS_ALLOC: iommufd_ioas_alloc_ioctl,
  IOMMU_IOAS_ALLOW_IOVAS: iommufd_ioas_allow_iovas,
  IOMMU_IOAS_COPY: iommufd_ioas_copy,
  IOMMU_IOAS_IOVA_RANGES: iommufd_ioas_iova_ranges,
  IOMMU_IOAS_MAP: iommufd_ioas_map,
  IOMMU_IOAS_UNMAP: iommufd_ioas_unmap,
  IOMMU_OPTION: iommufd_option,
  IOMMU_VFIO_IOAS: iommufd_vfio_ioas,
  IOMMU_HWPT_ALLOC: iommufd_hwpt_alloc,
  IOMMU_GET_HW_INFO: iommufd_get_hw_info,
  IOMMU_HWPT_SET_DIRTY_TRACKING: iommufd_hwpt_set_dirty_tracking,
  IOMMU_HWPT_GET_DIRTY_BITMAP: iommufd_hwpt_get_dirty_bitmap,
  IOMMU_HWPT_INVALIDATE: iommufd_hwpt_invalidate,
  IOMMU_FAULT_QUEUE_ALLOC: iommufd_fault_alloc,
  IOMMU_IOAS_MAP_FILE: iommufd_ioas_map_file,
  IOMMU_VIOMMU_ALLOC: iommufd_viommu_alloc_ioctl,
  IOMMU_VDEVICE_ALLOC: iommufd_vdevice_alloc_ioctl,
  IOMMU_IOAS_CHANGE_PROCESS: iommufd_ioas_change_process,
  IOMMU_VEVENTQ_ALLOC: iommufd_veventq_alloc,
  IOMMU_HW_QUEUE_ALLOC: iommufd_hw_queue_alloc_ioctl,
};

// The patch tests CONFIG_TSM with #ifdef, which is false for a module.
const fopsWithTsm = iommufdFops({ ...handlers, ...tsmHandlers }, iommufd_vfio_ioctl);
const fopsWithStubs = iommufdFops({ ...handlers, ...tsmStubs }, iommufd_vfio_ioctl);

/**
 * Makes `/dev/iommu` appear.
 *
 * @param linked what other parts of the kernel offer to call
 */
export function installIommufd(kernel: Kernel, linked: LinkedSymbols): Iommufd {
  const iommufd: Iommufd = { resolution: resolveSymbols(kernel.config, linked), contexts: new Set() };
  kernel.nodes.set("/dev/iommu", {
    f_op: kernel.config.CONFIG_TSM === "y" ? fopsWithTsm : fopsWithStubs,
    open: () => iommufd_fops_open(kernel, iommufd),
  });
  return iommufd;
}
