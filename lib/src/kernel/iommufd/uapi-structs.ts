// SPDX-License-Identifier: MIT
import { type Struct, struct } from "../../base/layout.ts";

/**
 * One description per structure of `/dev/iommu`. Offsets and sizes are those that a C compiler gives on a 64-bit
 * machine.
 *
 * @kernel include/uapi/linux/iommufd.h
 */
const ORIGIN = "include/uapi/linux/iommufd.h";

const destroyFields = { size: ["u32", 0], id: ["u32", 4] } as const;
/** IOMMU_DESTROY. */
export const iommu_destroy: Struct<typeof destroyFields> = struct("iommu_destroy", destroyFields, 8, ORIGIN);

const ioasAllocFields = { size: ["u32", 0], flags: ["u32", 4], out_ioas_id: ["u32", 8] } as const;
/** IOMMU_IOAS_ALLOC. */
export const iommu_ioas_alloc: Struct<typeof ioasAllocFields> = struct(
  "iommu_ioas_alloc",
  ioasAllocFields,
  12,
  ORIGIN,
);

const iovaRangeFields = { start: ["u64", 0], last: ["u64", 8] } as const;
/** A range of I/O addresses, both ends included. */
export const iommu_iova_range: Struct<typeof iovaRangeFields> = struct(
  "iommu_iova_range",
  iovaRangeFields,
  16,
  ORIGIN,
);

const iovaRangesFields = {
  size: ["u32", 0],
  ioas_id: ["u32", 4],
  num_iovas: ["u32", 8],
  __reserved: ["u32", 12],
  allowed_iovas: ["u64", 16],
  out_iova_alignment: ["u64", 24],
} as const;
/** IOMMU_IOAS_IOVA_RANGES. */
export const iommu_ioas_iova_ranges: Struct<typeof iovaRangesFields> = struct(
  "iommu_ioas_iova_ranges",
  iovaRangesFields,
  32,
  ORIGIN,
);

const allowIovasFields = {
  size: ["u32", 0],
  ioas_id: ["u32", 4],
  num_iovas: ["u32", 8],
  __reserved: ["u32", 12],
  allowed_iovas: ["u64", 16],
} as const;
/** IOMMU_IOAS_ALLOW_IOVAS. */
export const iommu_ioas_allow_iovas: Struct<typeof allowIovasFields> = struct(
  "iommu_ioas_allow_iovas",
  allowIovasFields,
  24,
  ORIGIN,
);

const ioasMapFields = {
  size: ["u32", 0],
  flags: ["u32", 4],
  ioas_id: ["u32", 8],
  __reserved: ["u32", 12],
  user_va: ["u64", 16],
  length: ["u64", 24],
  iova: ["u64", 32],
} as const;
/** IOMMU_IOAS_MAP. */
export const iommu_ioas_map: Struct<typeof ioasMapFields> = struct(
  "iommu_ioas_map",
  ioasMapFields,
  40,
  ORIGIN,
);

const ioasMapFileFields = {
  size: ["u32", 0],
  flags: ["u32", 4],
  ioas_id: ["u32", 8],
  fd: ["s32", 12],
  start: ["u64", 16],
  length: ["u64", 24],
  iova: ["u64", 32],
} as const;
/** IOMMU_IOAS_MAP_FILE. */
export const iommu_ioas_map_file: Struct<typeof ioasMapFileFields> = struct(
  "iommu_ioas_map_file",
  ioasMapFileFields,
  40,
  ORIGIN,
);

const ioasCopyFields = {
  size: ["u32", 0],
  flags: ["u32", 4],
  dst_ioas_id: ["u32", 8],
  src_ioas_id: ["u32", 12],
  length: ["u64", 16],
  dst_iova: ["u64", 24],
  src_iova: ["u64", 32],
} as const;
/** IOMMU_IOAS_COPY. */
export const iommu_ioas_copy: Struct<typeof ioasCopyFields> = struct(
  "iommu_ioas_copy",
  ioasCopyFields,
  40,
  ORIGIN,
);

const ioasUnmapFields = {
  size: ["u32", 0],
  ioas_id: ["u32", 4],
  iova: ["u64", 8],
  length: ["u64", 16],
} as const;
/** IOMMU_IOAS_UNMAP. */
export const iommu_ioas_unmap: Struct<typeof ioasUnmapFields> = struct(
  "iommu_ioas_unmap",
  ioasUnmapFields,
  24,
  ORIGIN,
);

const optionFields = {
  size: ["u32", 0],
  option_id: ["u32", 4],
  op: ["u16", 8],
  __reserved: ["u16", 10],
  object_id: ["u32", 12],
  val64: ["u64", 16],
} as const;
/** IOMMU_OPTION. */
export const iommu_option: Struct<typeof optionFields> = struct("iommu_option", optionFields, 24, ORIGIN);

const vfioIoasFields = {
  size: ["u32", 0],
  ioas_id: ["u32", 4],
  op: ["u16", 8],
  __reserved: ["u16", 10],
} as const;
/** IOMMU_VFIO_IOAS. */
export const iommu_vfio_ioas: Struct<typeof vfioIoasFields> = struct(
  "iommu_vfio_ioas",
  vfioIoasFields,
  12,
  ORIGIN,
);

const hwptAllocFields = {
  size: ["u32", 0],
  flags: ["u32", 4],
  dev_id: ["u32", 8],
  pt_id: ["u32", 12],
  out_hwpt_id: ["u32", 16],
  __reserved: ["u32", 20],
  data_type: ["u32", 24],
  data_len: ["u32", 28],
  data_uptr: ["u64", 32],
  fault_id: ["u32", 40],
  __reserved2: ["u32", 44],
} as const;
/** IOMMU_HWPT_ALLOC. */
export const iommu_hwpt_alloc: Struct<typeof hwptAllocFields> = struct(
  "iommu_hwpt_alloc",
  hwptAllocFields,
  48,
  ORIGIN,
);

const hwptArmSmmuv3Fields = { ste: ["u64", 0, 2] } as const;
/** Driver data of a nested domain: the first half of the guest's stream table entry. */
export const iommu_hwpt_arm_smmuv3: Struct<typeof hwptArmSmmuv3Fields> = struct(
  "iommu_hwpt_arm_smmuv3",
  hwptArmSmmuv3Fields,
  16,
  ORIGIN,
);

const hwInfoFields = {
  size: ["u32", 0],
  flags: ["u32", 4],
  dev_id: ["u32", 8],
  data_len: ["u32", 12],
  data_uptr: ["u64", 16],
  out_data_type: ["u32", 24],
  out_max_pasid_log2: ["u8", 28],
  __reserved: ["u8", 29, 3],
  out_capabilities: ["u64", 32],
} as const;
/** IOMMU_GET_HW_INFO. */
export const iommu_hw_info: Struct<typeof hwInfoFields> = struct("iommu_hw_info", hwInfoFields, 40, ORIGIN);

const hwInfoArmSmmuv3Fields = {
  flags: ["u32", 0],
  __reserved: ["u32", 4],
  idr: ["u32", 8, 6],
  iidr: ["u32", 32],
  aidr: ["u32", 36],
} as const;
/** What IOMMU_GET_HW_INFO tells of an SMMUv3: its identification registers. */
export const iommu_hw_info_arm_smmuv3: Struct<typeof hwInfoArmSmmuv3Fields> = struct(
  "iommu_hw_info_arm_smmuv3",
  hwInfoArmSmmuv3Fields,
  40,
  ORIGIN,
);

const setDirtyTrackingFields = {
  size: ["u32", 0],
  flags: ["u32", 4],
  hwpt_id: ["u32", 8],
  __reserved: ["u32", 12],
} as const;
/** IOMMU_HWPT_SET_DIRTY_TRACKING. */
export const iommu_hwpt_set_dirty_tracking: Struct<typeof setDirtyTrackingFields> = struct(
  "iommu_hwpt_set_dirty_tracking",
  setDirtyTrackingFields,
  16,
  ORIGIN,
);

const getDirtyBitmapFields = {
  size: ["u32", 0],
  hwpt_id: ["u32", 4],
  flags: ["u32", 8],
  __reserved: ["u32", 12],
  iova: ["u64", 16],
  length: ["u64", 24],
  page_size: ["u64", 32],
  data: ["u64", 40],
} as const;
/** IOMMU_HWPT_GET_DIRTY_BITMAP. */
export const iommu_hwpt_get_dirty_bitmap: Struct<typeof getDirtyBitmapFields> = struct(
  "iommu_hwpt_get_dirty_bitmap",
  getDirtyBitmapFields,
  48,
  ORIGIN,
);

const hwptInvalidateFields = {
  size: ["u32", 0],
  hwpt_id: ["u32", 4],
  data_uptr: ["u64", 8],
  data_type: ["u32", 16],
  entry_len: ["u32", 20],
  entry_num: ["u32", 24],
  __reserved: ["u32", 28],
} as const;
/** IOMMU_HWPT_INVALIDATE. */
export const iommu_hwpt_invalidate: Struct<typeof hwptInvalidateFields> = struct(
  "iommu_hwpt_invalidate",
  hwptInvalidateFields,
  32,
  ORIGIN,
);

const viommuInvalidateFields = { cmd: ["u64", 0, 2] } as const;
/** One entry of an invalidation through an SMMUv3 vIOMMU: a command of the guest's command queue. */
export const iommu_viommu_arm_smmuv3_invalidate: Struct<typeof viommuInvalidateFields> = struct(
  "iommu_viommu_arm_smmuv3_invalidate",
  viommuInvalidateFields,
  16,
  ORIGIN,
);

const faultAllocFields = {
  size: ["u32", 0],
  flags: ["u32", 4],
  out_fault_id: ["u32", 8],
  out_fault_fd: ["u32", 12],
} as const;
/** IOMMU_FAULT_QUEUE_ALLOC. */
export const iommu_fault_alloc: Struct<typeof faultAllocFields> = struct(
  "iommu_fault_alloc",
  faultAllocFields,
  16,
  ORIGIN,
);

const viommuAllocFields = {
  size: ["u32", 0],
  flags: ["u32", 4],
  type: ["u32", 8],
  dev_id: ["u32", 12],
  hwpt_id: ["u32", 16],
  out_viommu_id: ["u32", 20],
  data_len: ["u32", 24],
  __reserved: ["u32", 28],
  data_uptr: ["u64", 32],
  kvm_vm_fd: ["u32", 40],
} as const;
/** IOMMU_VIOMMU_ALLOC. Patch 07 adds `kvm_vm_fd`, and with it four bytes of padding at the end. */
export const iommu_viommu_alloc: Struct<typeof viommuAllocFields> = struct(
  "iommu_viommu_alloc",
  viommuAllocFields,
  48,
  ORIGIN,
);

const vdeviceAllocFields = {
  size: ["u32", 0],
  viommu_id: ["u32", 4],
  dev_id: ["u32", 8],
  out_vdevice_id: ["u32", 12],
  virt_id: ["u64", 16],
} as const;
/** IOMMU_VDEVICE_ALLOC. */
export const iommu_vdevice_alloc: Struct<typeof vdeviceAllocFields> = struct(
  "iommu_vdevice_alloc",
  vdeviceAllocFields,
  24,
  ORIGIN,
);

const changeProcessFields = { size: ["u32", 0], __reserved: ["u32", 4] } as const;
/** IOMMU_IOAS_CHANGE_PROCESS. */
export const iommu_ioas_change_process: Struct<typeof changeProcessFields> = struct(
  "iommu_ioas_change_process",
  changeProcessFields,
  8,
  ORIGIN,
);

const veventqAllocFields = {
  size: ["u32", 0],
  flags: ["u32", 4],
  viommu_id: ["u32", 8],
  type: ["u32", 12],
  veventq_depth: ["u32", 16],
  out_veventq_id: ["u32", 20],
  out_veventq_fd: ["u32", 24],
  __reserved: ["u32", 28],
} as const;
/** IOMMU_VEVENTQ_ALLOC. */
export const iommu_veventq_alloc: Struct<typeof veventqAllocFields> = struct(
  "iommu_veventq_alloc",
  veventqAllocFields,
  32,
  ORIGIN,
);

const hwQueueAllocFields = {
  size: ["u32", 0],
  flags: ["u32", 4],
  viommu_id: ["u32", 8],
  type: ["u32", 12],
  index: ["u32", 16],
  out_hw_queue_id: ["u32", 20],
  nesting_parent_iova: ["u64", 24],
  length: ["u64", 32],
} as const;
/** IOMMU_HW_QUEUE_ALLOC. */
export const iommu_hw_queue_alloc: Struct<typeof hwQueueAllocFields> = struct(
  "iommu_hw_queue_alloc",
  hwQueueAllocFields,
  40,
  ORIGIN,
);

const tsmOpFields = { size: ["u32", 0], op: ["u32", 4], flags: ["u32", 8], vdevice_id: ["u32", 12] } as const;
/** IOMMU_VDEVICE_TSM_OP (patch 08). Here `flags` is the third field, not the second. */
export const iommu_vdevice_tsm_op: Struct<typeof tsmOpFields> = struct(
  "iommu_vdevice_tsm_op",
  tsmOpFields,
  16,
  ORIGIN,
);

const tsmGuestRequestFields = {
  size: ["u32", 0],
  vdevice_id: ["u32", 4],
  type: ["u32", 8],
  type_info_len: ["u32", 12],
  req_len: ["u32", 16],
  resp_len: ["u32", 20],
  type_info_uptr: ["u64", 24],
  req_uptr: ["u64", 32],
  resp_uptr: ["u64", 40],
} as const;
/** IOMMU_VDEVICE_TSM_GUEST_REQUEST (patch 09). */
export const iommu_vdevice_tsm_guest_request: Struct<typeof tsmGuestRequestFields> = struct(
  "iommu_vdevice_tsm_guest_request",
  tsmGuestRequestFields,
  48,
  ORIGIN,
);

const tsmMapFields = {
  size: ["u32", 0],
  flags: ["u32", 4],
  start_gpa: ["u64", 8],
  end_gpa: ["u64", 16],
  vdevice_id: ["u32", 24],
} as const;
/**
 * IOMMU_VDEVICE_TSM_MAP (patch 10). Its last field ends at byte 28, and the four bytes after it are padding that
 * belongs to the structure but is never looked at.
 */
export const iommu_vdevice_tsm_map: Struct<typeof tsmMapFields> = struct(
  "iommu_vdevice_tsm_map",
  tsmMapFields,
  32,
  ORIGIN,
);
