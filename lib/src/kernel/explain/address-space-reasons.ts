// SPDX-License-Identifier: MIT
import {
  EADDRINUSE,
  EBADF,
  EBUSY,
  EEXIST,
  EFAULT,
  EINVAL,
  EMSGSIZE,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENOSPC,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
} from "../../base/errno.ts";
import { ULONG_MAX } from "../iommufd/iova-ranges.ts";
import { IOMMUFD_OBJ_IOAS } from "../iommufd/object-table.ts";
import {
  IOMMU_IOAS_MAP_FIXED_IOVA,
  IOMMU_IOAS_MAP_READABLE,
  IOMMU_IOAS_MAP_WRITEABLE,
  IOMMU_OPTION_HUGE_PAGES,
  IOMMU_OPTION_OP_GET,
  IOMMU_OPTION_OP_SET,
  IOMMU_OPTION_RLIMIT_MODE,
  IOMMU_VFIO_IOAS_CLEAR,
} from "../iommufd/uapi.ts";
import * as structs from "../iommufd/uapi-structs.ts";
import { lookup, objectMemory, onFields, reserved, respond } from "./object-reasons.ts";
import { argumentOf, type Decoder, type Reason } from "./reason.ts";

/** Reasons of the commands on I/O address spaces, in the order of the kernel. */

const IOAS = "drivers/iommu/iommufd/ioas.c";
const TABLE = "drivers/iommu/iommufd/io_pagetable.c";
const COMPAT = "iommufd_vfio_ioas, drivers/iommu/iommufd/vfio_compat.c";

const RIGHTS = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE;
const MAP_FLAGS = IOMMU_IOAS_MAP_FIXED_IOVA | RIGHTS;

function ioasLookup<T extends { readonly ioas_id: number }>(layout: Decoder<T>): Reason {
  return lookup("ioas_id", IOMMUFD_OBJ_IOAS, (call) => argumentOf(call, layout).ioas_id);
}

function mapFlags<T extends { readonly flags: number }>(layout: Decoder<T>, source: string): Reason {
  const text = "flags has a bit besides FIXED_IOVA, WRITEABLE and READABLE";
  return onFields(
    layout,
    { id: "flags", errno: EOPNOTSUPP, text, source },
    ({ flags }) => (flags & ~MAP_FLAGS) !== 0,
    "flags",
  );
}

function rights<T extends { readonly flags: number }>(layout: Decoder<T>, source: string): Reason {
  const text = "a mapping must be readable or writeable";
  return onFields(
    layout,
    { id: "rights", errno: EINVAL, text, source },
    ({ flags }) => (flags & RIGHTS) === 0,
    "flags",
  );
}

function tooLarge<T>(layout: Decoder<T>, source: string, ...fields: readonly (keyof T & string)[]): Reason {
  return onFields(
    layout,
    {
      id: "too_large",
      errno: EOVERFLOW,
      text: `${fields.join(" or ")} is the largest number there is`,
      source,
    },
    (values) => fields.some((name) => (values[name] as bigint) >= ULONG_MAX),
    ...fields,
  );
}

function noLength<T extends { readonly length: bigint }>(layout: Decoder<T>, source: string): Reason {
  const text = "length must not be 0";
  return onFields(
    layout,
    { id: "length", errno: EINVAL, text, source },
    ({ length }) => length === 0n,
    "length",
  );
}

/** What placing some memory in a space can fail with, once it is clear which memory. */
const placement: readonly Reason[] = [
  {
    id: "alignment",
    errno: EINVAL,
    text: "address, length or memory is not aligned as the attached domains need it, or the place is reserved",
    source: `iopt_alloc_area_pages, iopt_check_iova, ${TABLE}`,
  },
  { id: "no_room", errno: ENOSPC, text: "no free place is left", source: `iopt_alloc_iova, ${TABLE}` },
  {
    id: "iova_end",
    errno: EOVERFLOW,
    text: "the mapping would end beyond the last address",
    source: `iopt_check_iova, ${TABLE}`,
  },
  {
    id: "mapped",
    errno: EEXIST,
    text: "something is mapped there",
    source: `iopt_check_iova, ${TABLE}`,
  },
  {
    id: "area_memory",
    errno: ENOMEM,
    text: "no memory for the kernel's own records of the mapping",
    source: `iopt_alloc_area_pages, ${TABLE}`,
  },
  {
    id: "read_only",
    errno: EPERM,
    text: "the memory was first mapped without WRITEABLE",
    source: `iopt_insert_area, ${TABLE}`,
  },
];

const allowIovas: readonly Reason[] = [
  reserved(structs.iommu_ioas_allow_iovas, `iommufd_ioas_allow_iovas, ${IOAS}`),
  ioasLookup(structs.iommu_ioas_allow_iovas),
  {
    id: "range_read",
    errno: EFAULT,
    text: "a range of the list cannot be read; the ranges are gone through one by one",
    source: `iommufd_ioas_load_iovas, ${IOAS}`,
  },
  {
    id: "range",
    errno: EINVAL,
    text: "a range of the list does not end behind its start, or overlaps one before it",
    source: `iommufd_ioas_load_iovas, ${IOAS}`,
  },
  { id: "memory", errno: ENOMEM, text: "no memory for a range", source: `iommufd_ioas_load_iovas, ${IOAS}` },
  {
    id: "range_reserved",
    errno: EADDRINUSE,
    text: "a range of the list has addresses that a device needs for itself",
    source: `iopt_set_allow_iova, ${TABLE}`,
  },
];

const iovaRanges: readonly Reason[] = [
  reserved(structs.iommu_ioas_iova_ranges, `iommufd_ioas_iova_ranges, ${IOAS}`),
  ioasLookup(structs.iommu_ioas_iova_ranges),
  {
    id: "range_write",
    errno: EFAULT,
    text: "a range cannot be written to the list",
    source: `iommufd_ioas_iova_ranges, ${IOAS}`,
  },
  respond,
  {
    id: "list_room",
    errno: EMSGSIZE,
    text: "the list has no room for all ranges; num_iovas tells how many there are",
    source: `iommufd_ioas_iova_ranges, ${IOAS}`,
    evidence: (call) => `num_iovas is ${argumentOf(call, structs.iommu_ioas_iova_ranges).num_iovas}`,
  },
];

const ioasMap: readonly Reason[] = [
  mapFlags(structs.iommu_ioas_map, `iommufd_ioas_map, ${IOAS}`),
  reserved(structs.iommu_ioas_map, `iommufd_ioas_map, ${IOAS}`),
  tooLarge(structs.iommu_ioas_map, `iommufd_ioas_map, ${IOAS}`, "iova", "length"),
  rights(structs.iommu_ioas_map, `iommufd_ioas_map, ${IOAS}`),
  ioasLookup(structs.iommu_ioas_map),
  noLength(structs.iommu_ioas_map, `iopt_map_user_pages, ${TABLE}`),
  onFields(
    structs.iommu_ioas_map,
    {
      id: "user_end",
      errno: EOVERFLOW,
      text: "the memory would end beyond the last user address",
      source: `iopt_map_user_pages, ${TABLE}`,
    },
    ({ user_va, length }) => user_va + length > ULONG_MAX,
    "user_va",
    "length",
  ),
  ...placement,
  {
    id: "pin",
    errno: EFAULT,
    text: "a domain is attached, and the memory cannot be pinned: nothing is mapped there in the process",
    source: "iopt_area_fill_domains, drivers/iommu/iommufd/pages.c",
  },
  respond,
];

const ioasMapFile: readonly Reason[] = [
  mapFlags(structs.iommu_ioas_map_file, `iommufd_ioas_map_file, ${IOAS}`),
  tooLarge(structs.iommu_ioas_map_file, `iommufd_ioas_map_file, ${IOAS}`, "iova", "length"),
  rights(structs.iommu_ioas_map_file, `iommufd_ioas_map_file, ${IOAS}`),
  ioasLookup(structs.iommu_ioas_map_file),
  {
    id: "file",
    errno: EBADF,
    text: "fd is not an open descriptor; the IOAS keeps a count that nobody drops",
    source: `iommufd_ioas_map_file, ${IOAS}`,
    evidence: (call) => `fd is ${argumentOf(call, structs.iommu_ioas_map_file).fd}`,
  },
  noLength(structs.iommu_ioas_map_file, `iopt_map_file_pages, ${TABLE}`),
  onFields(
    structs.iommu_ioas_map_file,
    {
      id: "file_end",
      errno: EOVERFLOW,
      text: "the part of the file would end beyond the last offset",
      source: `iopt_map_file_pages, ${TABLE}`,
    },
    ({ start, length }) => start + length - 1n > ULONG_MAX,
    "start",
    "length",
  ),
  ...placement,
  {
    id: "pin",
    errno: EINVAL,
    text: "a domain is attached, and the file is none whose pages can be pinned: a guest_memfd is refused here",
    source: "memfd_pin_folios, mm/gup.c",
  },
  respond,
];

const ioasCopy: readonly Reason[] = [
  mapFlags(structs.iommu_ioas_copy, `iommufd_ioas_copy, ${IOAS}`),
  tooLarge(structs.iommu_ioas_copy, `iommufd_ioas_copy, ${IOAS}`, "length", "src_iova", "dst_iova"),
  rights(structs.iommu_ioas_copy, `iommufd_ioas_copy, ${IOAS}`),
  lookup("src_ioas_id", IOMMUFD_OBJ_IOAS, (call) => argumentOf(call, structs.iommu_ioas_copy).src_ioas_id),
  noLength(structs.iommu_ioas_copy, `iopt_get_pages, ${TABLE}`),
  onFields(
    structs.iommu_ioas_copy,
    {
      id: "src_end",
      errno: EOVERFLOW,
      text: "the source would end beyond the last address",
      source: `iopt_get_pages, ${TABLE}`,
    },
    ({ src_iova, length }) => src_iova + length - 1n > ULONG_MAX,
    "src_iova",
    "length",
  ),
  {
    id: "src_mapped",
    errno: ENOENT,
    text: "the source has an address that nothing is mapped at",
    source: `iopt_get_pages, ${TABLE}`,
  },
  lookup("dst_ioas_id", IOMMUFD_OBJ_IOAS, (call) => argumentOf(call, structs.iommu_ioas_copy).dst_ioas_id),
  ...placement,
  respond,
];

const ioasUnmap: readonly Reason[] = [
  ioasLookup(structs.iommu_ioas_unmap),
  onFields(
    structs.iommu_ioas_unmap,
    {
      id: "too_large",
      errno: EOVERFLOW,
      text: "iova or length is the largest number there is, and this is not the request to unmap everything",
      source: `iommufd_ioas_unmap, ${IOAS}`,
    },
    ({ iova, length }) => iova >= ULONG_MAX || (length >= ULONG_MAX && iova !== 0n),
    "iova",
    "length",
  ),
  noLength(structs.iommu_ioas_unmap, `iopt_unmap_iova, ${TABLE}`),
  onFields(
    structs.iommu_ioas_unmap,
    {
      id: "iova_end",
      errno: EOVERFLOW,
      text: "the range would end beyond the last address",
      source: `iopt_unmap_iova, ${TABLE}`,
    },
    ({ iova, length }) => iova + length - 1n > ULONG_MAX,
    "iova",
    "length",
  ),
  {
    id: "whole_areas",
    errno: ENOENT,
    text: "nothing is mapped there, or a mapping reaches out of the range; mappings are not cut, and those before it are gone",
    source: `iopt_unmap_iova_range, ${TABLE}`,
    evidence: (call) => {
      const { iova, length } = argumentOf(call, structs.iommu_ioas_unmap);
      return `iova is 0x${iova.toString(16)}, length is 0x${length.toString(16)}`;
    },
  },
  respond,
];

const option: readonly Reason[] = [
  reserved(structs.iommu_option, "iommufd_option, drivers/iommu/iommufd/main.c"),
  onFields(
    structs.iommu_option,
    {
      id: "option_id",
      errno: EOPNOTSUPP,
      text: "there is no such option",
      source: "iommufd_option, drivers/iommu/iommufd/main.c",
    },
    ({ option_id }) => option_id !== IOMMU_OPTION_RLIMIT_MODE && option_id !== IOMMU_OPTION_HUGE_PAGES,
    "option_id",
  ),
  onFields(
    structs.iommu_option,
    {
      id: "rlimit_object",
      errno: EOPNOTSUPP,
      text: "RLIMIT_MODE is the option of the whole context, and takes no object",
      source: "iommufd_option_rlimit_mode, drivers/iommu/iommufd/ioas.c",
    },
    ({ option_id, object_id }) => option_id === IOMMU_OPTION_RLIMIT_MODE && object_id !== 0,
    "object_id",
  ),
  lookup("object_id", IOMMUFD_OBJ_IOAS, (call) => argumentOf(call, structs.iommu_option).object_id),
  onFields(
    structs.iommu_option,
    {
      id: "op",
      errno: EOPNOTSUPP,
      text: "an option can be set and read, and nothing else",
      source: `iommufd_option_rlimit_mode, iommufd_ioas_option, ${IOAS}`,
    },
    ({ op }) => op !== IOMMU_OPTION_OP_SET && op !== IOMMU_OPTION_OP_GET,
    "op",
  ),
  {
    id: "objects",
    errno: EBUSY,
    text: "RLIMIT_MODE can be set only while the context has no objects",
    source: `iommufd_option_rlimit_mode, ${IOAS}`,
    evidence: (call) => `option_id is ${argumentOf(call, structs.iommu_option).option_id}`,
  },
  onFields(
    structs.iommu_option,
    {
      id: "value",
      errno: EINVAL,
      text: "the value is neither 0 nor 1",
      source: `iommufd_option_rlimit_mode, iommufd_ioas_option, ${IOAS}`,
    },
    ({ op, val64 }) => op === IOMMU_OPTION_OP_SET && val64 > 1n,
    "val64",
  ),
  {
    id: "in_use",
    errno: EINVAL,
    text: "large pages cannot be forbidden once a domain maps something",
    source: `iopt_disable_large_pages, ${TABLE}`,
  },
  {
    id: "parts_of_pages",
    errno: EADDRINUSE,
    text: "a mapping does not consist of whole pages",
    source: `iopt_disable_large_pages, ${TABLE}`,
  },
  respond,
];

const vfioIoas: readonly Reason[] = [
  reserved(structs.iommu_vfio_ioas, COMPAT),
  onFields(
    structs.iommu_vfio_ioas,
    { id: "op", errno: EOPNOTSUPP, text: "there is no such operation", source: COMPAT },
    ({ op }) => op > IOMMU_VFIO_IOAS_CLEAR,
    "op",
  ),
  {
    id: "chosen",
    errno: ENODEV,
    text: "no IOAS was chosen for the commands of VFIO, or it is gone",
    source: "get_compat_ioas, drivers/iommu/iommufd/vfio_compat.c",
    evidence: (call) => `op is ${argumentOf(call, structs.iommu_vfio_ioas).op}`,
  },
  ioasLookup(structs.iommu_vfio_ioas),
  respond,
];

/** Reasons of the commands on address spaces by name. */
export const addressSpaceReasons: Readonly<Record<string, readonly Reason[]>> = {
  IOMMU_IOAS_ALLOC: [
    onFields(
      structs.iommu_ioas_alloc,
      {
        id: "flags",
        errno: EOPNOTSUPP,
        text: "flags must be 0",
        source: `iommufd_ioas_alloc_ioctl, ${IOAS}`,
      },
      ({ flags }) => flags !== 0,
      "flags",
    ),
    objectMemory,
    respond,
  ],
  IOMMU_IOAS_ALLOW_IOVAS: allowIovas,
  IOMMU_IOAS_COPY: ioasCopy,
  IOMMU_IOAS_IOVA_RANGES: iovaRanges,
  IOMMU_IOAS_MAP: ioasMap,
  IOMMU_IOAS_UNMAP: ioasUnmap,
  IOMMU_OPTION: option,
  IOMMU_VFIO_IOAS: vfioIoas,
  IOMMU_IOAS_MAP_FILE: ioasMapFile,
  IOMMU_IOAS_CHANGE_PROCESS: [
    reserved(structs.iommu_ioas_change_process, `iommufd_ioas_change_process, ${IOAS}`),
    {
      id: "user_memory",
      errno: EINVAL,
      text: "an IOAS shows memory by user addresses, which belong to the old process",
      source: `iommufd_ioas_change_process, ${IOAS}`,
      evidence: () => "a mapping of IOMMU_IOAS_MAP is there",
    },
  ],
};
