// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../../lib/src/base/address.ts";
import * as uapi from "../../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import type { AssignedDevice } from "../../../lib/src/user/vmm-device.ts";

const PAGE = PAGE_SIZE;
const ALL = 2n ** 64n - 1n;
const NOBODY = 77;

type Values = Readonly<Record<string, number | bigint | readonly number[]>>;

/** A command with fields that are right for it, and for each condition fields that make it hold. */
export interface Case {
  readonly command: string;
  readonly encode: (values: Values) => Uint8Array;
  readonly right: Values;
  readonly wrong: Readonly<Record<string, Values>>;
}

/** Commands on what a device that belongs to a realm has. */
export function casesFor({ dev_id, ioas_id, hwpt_id, viommu_id }: AssignedDevice): readonly Case[] {
  const readable = uapi.IOMMU_IOAS_MAP_READABLE;
  const map = { flags: readable, length: PAGE, iova: PAGE };
  return (
    [
      ["IOMMU_IOAS_ALLOC", structs.iommu_ioas_alloc, {}, { flags: { flags: 1 } }],
      [
        "IOMMU_IOAS_MAP",
        structs.iommu_ioas_map,
        { ...map, ioas_id, user_va: 0x10_0000 },
        {
          flags: { flags: readable | 32 },
          reserved: { __reserved: 1 },
          too_large: { iova: ALL },
          rights: { flags: 0 },
          ioas_id: { ioas_id: NOBODY },
          length: { length: 0 },
          user_end: { user_va: ALL, length: 2 * PAGE },
        },
      ],
      [
        "IOMMU_IOAS_MAP_FILE",
        structs.iommu_ioas_map_file,
        { ...map, ioas_id, fd: 0 },
        {
          flags: { flags: readable | 32 },
          too_large: { iova: ALL },
          rights: { flags: 0 },
          ioas_id: { ioas_id: NOBODY },
        },
      ],
      [
        "IOMMU_IOAS_COPY",
        structs.iommu_ioas_copy,
        { flags: readable, dst_ioas_id: ioas_id, src_ioas_id: ioas_id, length: PAGE, src_iova: PAGE },
        {
          flags: { flags: readable | 32 },
          too_large: { dst_iova: ALL },
          rights: { flags: 0 },
          src_ioas_id: { src_ioas_id: NOBODY },
          length: { length: 0 },
          src_end: { src_iova: ALL - 1n, length: 2 * PAGE },
        },
      ],
      [
        "IOMMU_IOAS_UNMAP",
        structs.iommu_ioas_unmap,
        { ioas_id, iova: PAGE, length: PAGE },
        {
          ioas_id: { ioas_id: NOBODY },
          too_large: { iova: ALL },
          length: { length: 0 },
          iova_end: { iova: ALL - 1n },
          whole_areas: { iova: 2n ** 40n },
        },
      ],
      [
        "IOMMU_OPTION",
        structs.iommu_option,
        { option_id: uapi.IOMMU_OPTION_HUGE_PAGES, object_id: ioas_id, op: uapi.IOMMU_OPTION_OP_SET },
        {
          reserved: { __reserved: 1 },
          option_id: { option_id: 9 },
          object_id: { object_id: NOBODY },
          op: { op: 9 },
          value: { val64: 2 },
        },
      ],
      [
        "IOMMU_OPTION",
        structs.iommu_option,
        { option_id: uapi.IOMMU_OPTION_RLIMIT_MODE, op: uapi.IOMMU_OPTION_OP_GET },
        {
          reserved: { __reserved: 1 },
          option_id: { option_id: 9 },
          rlimit_object: { object_id: ioas_id },
          op: { op: 9 },
          objects: { op: uapi.IOMMU_OPTION_OP_SET },
        },
      ],
      [
        "IOMMU_VFIO_IOAS",
        structs.iommu_vfio_ioas,
        { op: uapi.IOMMU_VFIO_IOAS_SET, ioas_id },
        {
          reserved: { __reserved: 1 },
          op: { op: 9 },
          chosen: { op: uapi.IOMMU_VFIO_IOAS_GET },
          ioas_id: { ioas_id: NOBODY },
        },
      ],
      [
        "IOMMU_HWPT_ALLOC",
        structs.iommu_hwpt_alloc,
        { dev_id, pt_id: ioas_id },
        {
          reserved: { __reserved: 1 },
          data: { data_type: 2 },
          dev_id: { dev_id: NOBODY },
          pt_id: { pt_id: NOBODY },
          hwpt_flags: { flags: 64 },
        },
      ],
      [
        "IOMMU_GET_HW_INFO",
        structs.iommu_hw_info,
        { dev_id },
        {
          flags: { flags: 8 },
          reserved: { __reserved: [1, 0, 0] },
          dev_id: { dev_id: NOBODY },
          type: { flags: uapi.IOMMU_HW_INFO_FLAG_INPUT_TYPE, out_data_type: 9 },
        },
      ],
      [
        "IOMMU_HWPT_SET_DIRTY_TRACKING",
        structs.iommu_hwpt_set_dirty_tracking,
        { hwpt_id },
        { flags: { flags: 2 }, hwpt_id: { hwpt_id: NOBODY } },
      ],
      [
        "IOMMU_HWPT_GET_DIRTY_BITMAP",
        structs.iommu_hwpt_get_dirty_bitmap,
        { hwpt_id, iova: 0, length: PAGE, page_size: PAGE },
        {
          flags: { flags: 2 },
          reserved: { __reserved: 1 },
          hwpt_id: { hwpt_id: NOBODY },
          range_end: { iova: ALL - 1n },
          range_aligned: { page_size: 0 },
        },
      ],
      [
        "IOMMU_HWPT_INVALIDATE",
        structs.iommu_hwpt_invalidate,
        { hwpt_id: viommu_id },
        {
          reserved: { __reserved: 1 },
          entries: { entry_num: 1 },
          hwpt_id: { hwpt_id: NOBODY },
          hwpt_kind: { hwpt_id: ioas_id },
        },
      ],
      ["IOMMU_FAULT_QUEUE_ALLOC", structs.iommu_fault_alloc, {}, { flags: { flags: 1 } }],
      [
        "IOMMU_VEVENTQ_ALLOC",
        structs.iommu_veventq_alloc,
        { viommu_id, type: 1, veventq_depth: 1 },
        { flags: { flags: 1 }, depth: { veventq_depth: 0 }, viommu_id: { viommu_id: NOBODY } },
      ],
      [
        "IOMMU_HW_QUEUE_ALLOC",
        structs.iommu_hw_queue_alloc,
        { viommu_id, type: 1, nesting_parent_iova: PAGE, length: PAGE },
        {
          flags: { flags: 1 },
          length: { length: 0 },
          queue_end: { nesting_parent_iova: ALL, length: 2 },
          viommu_id: { viommu_id: NOBODY },
        },
      ],
      [
        "IOMMU_IOAS_IOVA_RANGES",
        structs.iommu_ioas_iova_ranges,
        { ioas_id, num_iovas: 0 },
        { reserved: { __reserved: 1 }, ioas_id: { ioas_id: NOBODY }, list_room: { num_iovas: 0 } },
      ],
      [
        "IOMMU_IOAS_ALLOW_IOVAS",
        structs.iommu_ioas_allow_iovas,
        { ioas_id },
        { reserved: { __reserved: 1 }, ioas_id: { ioas_id: NOBODY } },
      ],
      ["IOMMU_IOAS_CHANGE_PROCESS", structs.iommu_ioas_change_process, {}, { reserved: { __reserved: 1 } }],
    ] as const
  ).map(([command, encode, right, wrong]) => ({
    command,
    encode: encode as unknown as Case["encode"],
    right,
    wrong,
  }));
}
