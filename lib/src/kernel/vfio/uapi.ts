// SPDX-License-Identifier: MIT
import { type Struct, struct } from "../../base/layout.ts";

/**
 * VFIO: commands of a device file, and those of the type 1 driver that `/dev/iommu` stands in for. Command numbers
 * are `_IO(';', 100 + n)`.
 *
 * @kernel include/uapi/linux/vfio.h
 */
const ORIGIN = "include/uapi/linux/vfio.h";

export const VFIO_API_VERSION = 0;

export const VFIO_GET_API_VERSION = 0x3b64;
export const VFIO_CHECK_EXTENSION = 0x3b65;
export const VFIO_SET_IOMMU = 0x3b66;
export const VFIO_IOMMU_GET_INFO = 0x3b70;
export const VFIO_IOMMU_MAP_DMA = 0x3b71;
export const VFIO_IOMMU_UNMAP_DMA = 0x3b72;
export const VFIO_IOMMU_DIRTY_PAGES = 0x3b75;

export const VFIO_DEVICE_GET_INFO = 0x3b6b;
export const VFIO_DEVICE_GET_REGION_INFO = 0x3b6c;
export const VFIO_DEVICE_GET_IRQ_INFO = 0x3b6d;
export const VFIO_DEVICE_SET_IRQS = 0x3b6e;
export const VFIO_DEVICE_RESET = 0x3b6f;
export const VFIO_DEVICE_BIND_IOMMUFD = 0x3b76;
export const VFIO_DEVICE_ATTACH_IOMMUFD_PT = 0x3b77;
export const VFIO_DEVICE_DETACH_IOMMUFD_PT = 0x3b78;

export const VFIO_TYPE1_IOMMU = 1;
export const VFIO_TYPE1v2_IOMMU = 3;
export const VFIO_DMA_CC_IOMMU = 4;
export const VFIO_UNMAP_ALL = 9;
export const VFIO_DMA_MAP_FLAG_READ: number = 1 << 0;
export const VFIO_DMA_MAP_FLAG_WRITE: number = 1 << 1;
export const VFIO_DMA_UNMAP_FLAG_ALL: number = 1 << 1;
export const VFIO_IOMMU_INFO_PGSIZES: number = 1 << 0;
export const VFIO_IOMMU_INFO_CAPS: number = 1 << 1;
export const VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE = 1;
export const VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL = 3;

export const VFIO_DEVICE_FLAGS_RESET: number = 1 << 0;
export const VFIO_DEVICE_FLAGS_PCI: number = 1 << 1;
/** ATTACH and DETACH: `pasid` is given too. */
export const VFIO_DEVICE_ATTACH_PASID: number = 1 << 0;

const bindFields = {
  argsz: ["u32", 0],
  flags: ["u32", 4],
  iommufd: ["s32", 8],
  out_devid: ["u32", 12],
} as const;
/** VFIO_DEVICE_BIND_IOMMUFD. */
export const vfio_device_bind_iommufd: Struct<typeof bindFields> = struct(
  "vfio_device_bind_iommufd",
  bindFields,
  16,
  ORIGIN,
);

const attachFields = {
  argsz: ["u32", 0],
  flags: ["u32", 4],
  pt_id: ["u32", 8],
  pasid: ["u32", 12],
} as const;
/** VFIO_DEVICE_ATTACH_IOMMUFD_PT. Without a PASID it ends after `pt_id`. */
export const vfio_device_attach_iommufd_pt: Struct<typeof attachFields> = struct(
  "vfio_device_attach_iommufd_pt",
  attachFields,
  16,
  ORIGIN,
);

const detachFields = { argsz: ["u32", 0], flags: ["u32", 4], pasid: ["u32", 8] } as const;
/** VFIO_DEVICE_DETACH_IOMMUFD_PT. Without a PASID it ends after `flags`. */
export const vfio_device_detach_iommufd_pt: Struct<typeof detachFields> = struct(
  "vfio_device_detach_iommufd_pt",
  detachFields,
  12,
  ORIGIN,
);

const deviceInfoFields = {
  argsz: ["u32", 0],
  flags: ["u32", 4],
  num_regions: ["u32", 8],
  num_irqs: ["u32", 12],
  cap_offset: ["u32", 16],
  pad: ["u32", 20],
} as const;
/** VFIO_DEVICE_GET_INFO. */
export const vfio_device_info: Struct<typeof deviceInfoFields> = struct(
  "vfio_device_info",
  deviceInfoFields,
  24,
  ORIGIN,
);

const type1InfoFields = {
  argsz: ["u32", 0],
  flags: ["u32", 4],
  iova_pgsizes: ["u64", 8],
  cap_offset: ["u32", 16],
  pad: ["u32", 20],
} as const;
/** VFIO_IOMMU_GET_INFO. */
export const vfio_iommu_type1_info: Struct<typeof type1InfoFields> = struct(
  "vfio_iommu_type1_info",
  type1InfoFields,
  24,
  ORIGIN,
);

const capIovaRangeFields = {
  id: ["u16", 0],
  version: ["u16", 2],
  next: ["u32", 4],
  nr_iovas: ["u32", 8],
  reserved: ["u32", 12],
} as const;
/** Capability of VFIO_IOMMU_GET_INFO: which I/O addresses can be used. `vfio_iova_range`s follow. */
export const vfio_iommu_type1_info_cap_iova_range: Struct<typeof capIovaRangeFields> = struct(
  "vfio_iommu_type1_info_cap_iova_range",
  capIovaRangeFields,
  16,
  ORIGIN,
);

const iovaRangeFields = { start: ["u64", 0], end: ["u64", 8] } as const;
/** A range of I/O addresses, both ends included. */
export const vfio_iova_range: Struct<typeof iovaRangeFields> = struct(
  "vfio_iova_range",
  iovaRangeFields,
  16,
  ORIGIN,
);

const dmaAvailFields = {
  id: ["u16", 0],
  version: ["u16", 2],
  next: ["u32", 4],
  avail: ["u32", 8],
} as const;
/** Capability of VFIO_IOMMU_GET_INFO: how many more mappings there may be. */
export const vfio_iommu_type1_info_dma_avail: Struct<typeof dmaAvailFields> = struct(
  "vfio_iommu_type1_info_dma_avail",
  dmaAvailFields,
  12,
  ORIGIN,
);

const dmaMapFields = {
  argsz: ["u32", 0],
  flags: ["u32", 4],
  vaddr: ["u64", 8],
  iova: ["u64", 16],
  size: ["u64", 24],
} as const;
/** VFIO_IOMMU_MAP_DMA. */
export const vfio_iommu_type1_dma_map: Struct<typeof dmaMapFields> = struct(
  "vfio_iommu_type1_dma_map",
  dmaMapFields,
  32,
  ORIGIN,
);

const dmaUnmapFields = {
  argsz: ["u32", 0],
  flags: ["u32", 4],
  iova: ["u64", 8],
  size: ["u64", 16],
} as const;
/** VFIO_IOMMU_UNMAP_DMA. */
export const vfio_iommu_type1_dma_unmap: Struct<typeof dmaUnmapFields> = struct(
  "vfio_iommu_type1_dma_unmap",
  dmaUnmapFields,
  24,
  ORIGIN,
);
