// SPDX-License-Identifier: MIT
import {
  E2BIG,
  EADDRINUSE,
  EFAULT,
  EINVAL,
  EIO,
  EMFILE,
  ENOENT,
  ENOMEM,
  EOPNOTSUPP,
  EOVERFLOW,
} from "../../base/errno.ts";
import { ULONG_MAX } from "../iommufd/iova-ranges.ts";
import {
  IOMMUFD_OBJ_DEVICE,
  IOMMUFD_OBJ_FAULT,
  IOMMUFD_OBJ_HWPT_NESTED,
  IOMMUFD_OBJ_HWPT_PAGING,
  IOMMUFD_OBJ_VIOMMU,
} from "../iommufd/object-table.ts";
import {
  IOMMU_HW_INFO_FLAG_INPUT_TYPE,
  IOMMU_HW_QUEUE_TYPE_DEFAULT,
  IOMMU_HWPT_DATA_NONE,
  IOMMU_HWPT_DIRTY_TRACKING_ENABLE,
  IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR,
  IOMMU_VEVENTQ_TYPE_DEFAULT,
} from "../iommufd/uapi.ts";
import * as structs from "../iommufd/uapi-structs.ts";
import { lookup, objectMemory, objectOf, onFields, reserved, respond } from "./object-reasons.ts";
import { argumentOf, type Decoder, type FailedCall, type Reason, shown } from "./reason.ts";

/** Reasons of the commands on domains, devices and queues, in the order of the kernel. */

const HWPT = "drivers/iommu/iommufd/hw_pagetable.c";
const DEVICE = "drivers/iommu/iommufd/device.c";
const VIOMMU = "drivers/iommu/iommufd/viommu.c";
const SMMU = "drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-iommufd.c";

function onlyFlags<T extends { readonly flags: number }>(
  layout: Decoder<T>,
  known: number,
  source: string,
): Reason {
  const text = known === 0 ? "flags must be 0" : "flags has a bit that the command does not know";
  return onFields(
    layout,
    { id: "flags", errno: EOPNOTSUPP, text, source },
    ({ flags }) => (flags & ~known) !== 0,
    "flags",
  );
}

function notOffered(what: string, source: string): Reason {
  return { id: "offered", errno: EOPNOTSUPP, text: `the driver of the IOMMU has no ${what}`, source };
}

/** That the object with an id is of none of the types that the command takes. */
function kindOfObject(
  id: string,
  errno: number,
  idOf: (call: FailedCall) => number,
  types: readonly number[],
): Omit<Reason, "text" | "source"> {
  return {
    id,
    errno,
    evidence: (call) => {
      const object = objectOf(call, idOf(call));
      return shown(object !== undefined && !types.includes(object.type), `object ${idOf(call)}`);
    },
  };
}

const hwptAlloc: readonly Reason[] = [
  reserved(structs.iommu_hwpt_alloc, `iommufd_hwpt_alloc, ${HWPT}`),
  onFields(
    structs.iommu_hwpt_alloc,
    {
      id: "data",
      errno: EINVAL,
      text: "driver data needs a type and a length, or neither",
      source: `iommufd_hwpt_alloc, ${HWPT}`,
    },
    ({ data_type, data_len }) => (data_type === IOMMU_HWPT_DATA_NONE) !== (data_len === 0),
    "data_type",
    "data_len",
  ),
  lookup("dev_id", IOMMUFD_OBJ_DEVICE, (call) => argumentOf(call, structs.iommu_hwpt_alloc).dev_id),
  {
    id: "pt_id",
    errno: EINVAL,
    text: "there is no object with this id, which is not -ENOENT here",
    source: `iommufd_hwpt_alloc, ${HWPT}`,
    evidence: (call) => {
      const { pt_id } = argumentOf(call, structs.iommu_hwpt_alloc);
      return shown(objectOf(call, pt_id) === undefined, `pt_id is ${pt_id}`);
    },
  },
  {
    id: "hwpt_flags",
    errno: EOPNOTSUPP,
    text: "a flag that the IOMMU or this kind of domain does not take, or driver data that it does or does not need",
    source: `iommufd_hwpt_paging_alloc, iommufd_hwpt_nested_alloc, ${HWPT}`,
    evidence: (call) => {
      const { flags, data_len } = argumentOf(call, structs.iommu_hwpt_alloc);
      return `flags is ${flags}, data_len is ${data_len}`;
    },
  },
  {
    id: "pt_kind",
    errno: EINVAL,
    text: "a domain is made on an IOAS, on a domain made as a nesting parent, or on a vIOMMU of the same IOMMU",
    source: `iommufd_hwpt_alloc, ${HWPT}`,
  },
  objectMemory,
  {
    id: "driver_type",
    errno: EINVAL,
    text: "the driver data is of another type, or too short",
    source: `arm_smmu_domain_alloc_nested, ${SMMU}`,
  },
  {
    id: "driver_tail",
    errno: E2BIG,
    text: "the driver data has bytes that are not 0 beyond what the driver knows",
    source: "iommu_copy_struct_from_user, include/linux/iommu.h",
  },
  {
    id: "driver_read",
    errno: EFAULT,
    text: "the driver data cannot be read",
    source: "iommu_copy_struct_from_user, include/linux/iommu.h",
  },
  {
    id: "driver_entry",
    errno: EIO,
    text: "the guest's stream table entry has bits that a guest may not set",
    source: `arm_smmu_validate_vste, ${SMMU}`,
  },
  {
    id: "areas",
    errno: EADDRINUSE,
    text: "the IOAS has a mapping that the domain cannot show: not of whole pages, or beyond its addresses",
    source: "iopt_table_add_domain, drivers/iommu/iommufd/io_pagetable.c",
  },
  {
    id: "pin",
    errno: EFAULT,
    text: "memory of the IOAS cannot be pinned",
    source: "iopt_fill_domain, drivers/iommu/iommufd/io_pagetable.c",
  },
  lookup("fault_id", IOMMUFD_OBJ_FAULT, (call) => argumentOf(call, structs.iommu_hwpt_alloc).fault_id),
  respond,
];

const hwInfo: readonly Reason[] = [
  onlyFlags(structs.iommu_hw_info, IOMMU_HW_INFO_FLAG_INPUT_TYPE, `iommufd_get_hw_info, ${DEVICE}`),
  onFields(
    structs.iommu_hw_info,
    {
      id: "reserved",
      errno: EOPNOTSUPP,
      text: "a byte that means nothing yet is not 0",
      source: `iommufd_get_hw_info, ${DEVICE}`,
    },
    ({ __reserved }) => __reserved.some((byte) => byte !== 0),
    "__reserved",
  ),
  lookup("dev_id", IOMMUFD_OBJ_DEVICE, (call) => argumentOf(call, structs.iommu_hw_info).dev_id),
  {
    id: "type",
    errno: EOPNOTSUPP,
    text: "the IOMMU does not tell of itself in the form that was asked for",
    source: `arm_smmu_hw_info, ${SMMU}`,
    evidence: (call) => `out_data_type is ${argumentOf(call, structs.iommu_hw_info).out_data_type}`,
  },
  {
    id: "data_write",
    errno: EFAULT,
    text: "the buffer cannot be written to",
    source: `iommufd_get_hw_info, ${DEVICE}`,
  },
  respond,
];

function pagingLookup<T extends { readonly hwpt_id: number }>(layout: Decoder<T>): Reason {
  return lookup("hwpt_id", IOMMUFD_OBJ_HWPT_PAGING, (call) => argumentOf(call, layout).hwpt_id);
}

const dirtyBitmap: readonly Reason[] = [
  onlyFlags(
    structs.iommu_hwpt_get_dirty_bitmap,
    IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR,
    `iommufd_hwpt_get_dirty_bitmap, ${HWPT}`,
  ),
  reserved(structs.iommu_hwpt_get_dirty_bitmap, `iommufd_hwpt_get_dirty_bitmap, ${HWPT}`),
  pagingLookup(structs.iommu_hwpt_get_dirty_bitmap),
  {
    id: "range_end",
    errno: EOVERFLOW,
    text: "the range would end beyond the last address",
    source: "iommufd_check_iova_range, drivers/iommu/iommufd/io_pagetable.c",
    evidence: (call) => {
      const { iova, length } = argumentOf(call, structs.iommu_hwpt_get_dirty_bitmap);
      return shown(
        iova + BigInt.asUintN(64, length - 1n) > ULONG_MAX,
        `iova is ${iova}, length is ${length}`,
      );
    },
  },
  {
    id: "range_aligned",
    errno: EINVAL,
    text: "page_size is 0, or the range is not aligned to it or to the pages of the domain",
    source: "iommufd_check_iova_range, drivers/iommu/iommufd/io_pagetable.c",
    evidence: (call) => `page_size is ${argumentOf(call, structs.iommu_hwpt_get_dirty_bitmap).page_size}`,
  },
  notOffered("dirty tracking", `iopt_read_and_clear_dirty_data, ${HWPT}`),
];

const invalidate: readonly Reason[] = [
  reserved(structs.iommu_hwpt_invalidate, `iommufd_hwpt_invalidate, ${HWPT}`),
  onFields(
    structs.iommu_hwpt_invalidate,
    {
      id: "entries",
      errno: EINVAL,
      text: "entries need an address and a length",
      source: `iommufd_hwpt_invalidate, ${HWPT}`,
    },
    ({ entry_num, entry_len, data_uptr }) => entry_num !== 0 && (data_uptr === 0n || entry_len === 0),
    "entry_num",
    "entry_len",
    "data_uptr",
  ),
  {
    id: "hwpt_id",
    errno: ENOENT,
    text: "there is no object with this id",
    source: `iommufd_hwpt_invalidate, ${HWPT}`,
    evidence: (call) => {
      const { hwpt_id } = argumentOf(call, structs.iommu_hwpt_invalidate);
      return shown(objectOf(call, hwpt_id) === undefined, `hwpt_id is ${hwpt_id}`);
    },
  },
  {
    text: "only a vIOMMU or a nested domain takes invalidations",
    source: `iommufd_hwpt_invalidate, ${HWPT}`,
    ...kindOfObject("hwpt_kind", EINVAL, (call) => argumentOf(call, structs.iommu_hwpt_invalidate).hwpt_id, [
      IOMMUFD_OBJ_HWPT_NESTED,
      IOMMUFD_OBJ_VIOMMU,
    ]),
  },
  notOffered("invalidation of a nested domain itself: it goes through the vIOMMU", SMMU),
  {
    id: "entry_memory",
    errno: ENOMEM,
    text: "more entries than the kernel can hold at once",
    source: `arm_vsmmu_cache_invalidate, ${SMMU}`,
  },
  {
    id: "entry_type",
    errno: EINVAL,
    text: "the entries are of another type, or there are none",
    source: "iommu_copy_struct_from_full_user_array, include/linux/iommu.h",
  },
  {
    id: "entry_tail",
    errno: E2BIG,
    text: "an entry has bytes that are not 0 beyond what the driver knows",
    source: "iommu_copy_struct_from_full_user_array, include/linux/iommu.h",
  },
  {
    id: "entry_read",
    errno: EFAULT,
    text: "the entries cannot be read, or the number of those that were done cannot be written back",
    source: "iommu_copy_struct_from_full_user_array, include/linux/iommu.h; iommufd_ucmd_respond",
  },
  {
    id: "entry_command",
    errno: EIO,
    text: "a command that a guest may not give, or one for a device that the vIOMMU does not have",
    source: `arm_vsmmu_convert_user_cmd, ${SMMU}`,
  },
];

const faultQueue: readonly Reason[] = [
  onlyFlags(structs.iommu_fault_alloc, 0, "iommufd_fault_alloc, drivers/iommu/iommufd/eventq.c"),
  objectMemory,
  {
    id: "descriptors",
    errno: EMFILE,
    text: "the process has no descriptor left",
    source: "iommufd_eventq_init, drivers/iommu/iommufd/eventq.c",
  },
  respond,
];

const veventq: readonly Reason[] = [
  onFields(
    structs.iommu_veventq_alloc,
    {
      id: "flags",
      errno: EOPNOTSUPP,
      text: "flags and the reserved word must be 0, and the type must not",
      source: "iommufd_veventq_alloc, drivers/iommu/iommufd/eventq.c",
    },
    ({ flags, __reserved, type }) => flags !== 0 || __reserved !== 0 || type === IOMMU_VEVENTQ_TYPE_DEFAULT,
    "flags",
    "__reserved",
    "type",
  ),
  onFields(
    structs.iommu_veventq_alloc,
    {
      id: "depth",
      errno: EINVAL,
      text: "a queue needs room for an event",
      source: "iommufd_veventq_alloc, drivers/iommu/iommufd/eventq.c",
    },
    ({ veventq_depth }) => veventq_depth === 0,
    "veventq_depth",
  ),
  lookup("viommu_id", IOMMUFD_OBJ_VIOMMU, (call) => argumentOf(call, structs.iommu_veventq_alloc).viommu_id),
  notOffered("events for a VM", "iommufd_veventq_alloc, drivers/iommu/iommufd/eventq.c"),
];

const hwQueue: readonly Reason[] = [
  onFields(
    structs.iommu_hw_queue_alloc,
    {
      id: "flags",
      errno: EOPNOTSUPP,
      text: "flags must be 0, and the type must not",
      source: `iommufd_hw_queue_alloc_ioctl, ${VIOMMU}`,
    },
    ({ flags, type }) => flags !== 0 || type === IOMMU_HW_QUEUE_TYPE_DEFAULT,
    "flags",
    "type",
  ),
  onFields(
    structs.iommu_hw_queue_alloc,
    {
      id: "length",
      errno: EINVAL,
      text: "length must not be 0",
      source: `iommufd_hw_queue_alloc_ioctl, ${VIOMMU}`,
    },
    ({ length }) => length === 0n,
    "length",
  ),
  onFields(
    structs.iommu_hw_queue_alloc,
    {
      id: "queue_end",
      errno: EOVERFLOW,
      text: "the queue would end beyond the last address",
      source: `iommufd_hw_queue_alloc_ioctl, ${VIOMMU}`,
    },
    ({ nesting_parent_iova, length }) => nesting_parent_iova + length - 1n > ULONG_MAX,
    "nesting_parent_iova",
    "length",
  ),
  lookup("viommu_id", IOMMUFD_OBJ_VIOMMU, (call) => argumentOf(call, structs.iommu_hw_queue_alloc).viommu_id),
  notOffered("queue for a VM", `iommufd_hw_queue_alloc_ioctl, ${VIOMMU}`),
];

/** Reasons of the commands on domains, devices and queues by name. */
export const domainReasons: Readonly<Record<string, readonly Reason[]>> = {
  IOMMU_HWPT_ALLOC: hwptAlloc,
  IOMMU_GET_HW_INFO: hwInfo,
  IOMMU_HWPT_SET_DIRTY_TRACKING: [
    onlyFlags(
      structs.iommu_hwpt_set_dirty_tracking,
      IOMMU_HWPT_DIRTY_TRACKING_ENABLE,
      `iommufd_hwpt_set_dirty_tracking, ${HWPT}`,
    ),
    pagingLookup(structs.iommu_hwpt_set_dirty_tracking),
    notOffered("dirty tracking", `iommufd_hwpt_set_dirty_tracking, ${HWPT}`),
  ],
  IOMMU_HWPT_GET_DIRTY_BITMAP: dirtyBitmap,
  IOMMU_HWPT_INVALIDATE: invalidate,
  IOMMU_FAULT_QUEUE_ALLOC: faultQueue,
  IOMMU_VEVENTQ_ALLOC: veventq,
  IOMMU_HW_QUEUE_ALLOC: hwQueue,
};
