// SPDX-License-Identifier: MIT
import * as uapi from "./uapi.ts";
import * as structs from "./uapi-structs.ts";

/** What the table of commands says of one of them, apart from its handler. */
export interface IoctlDescription {
  /** Low byte of the command number, and index in the table. */
  readonly nr: number;
  /** Full command number, which must be matched exactly. */
  readonly command: number;
  readonly name: string;
  /** Structure that the argument points to. */
  readonly structName: string;
  /** `sizeof` that structure in bytes: what lies beyond it must be zero. */
  readonly size: number;
  /** Bytes up to and including the last field that the table names: the least that user space may give. */
  readonly min_size: number;
  /** The field that `min_size` ends with. */
  readonly lastField: string;
}

interface AnyStruct {
  readonly structName: string;
  readonly byteLength: number;
  readonly fields: readonly { readonly name: string; readonly offset: number; readonly bytes: number }[];
}

function describe(name: string, command: number, layout: AnyStruct, lastField: string): IoctlDescription {
  const field = layout.fields.find((candidate) => candidate.name === lastField);
  if (field === undefined) throw new TypeError(`struct ${layout.structName} has no field ${lastField}`);
  return {
    nr: command & 0xff,
    command,
    name,
    structName: layout.structName,
    size: layout.byteLength,
    min_size: field.offset + field.bytes,
    lastField,
  };
}

/**
 * The commands of `/dev/iommu` in the order of their numbers. The handlers are found by name in `main.ts`.
 *
 * @kernel drivers/iommu/iommufd/main.c iommufd_ioctl_ops
 */
export const iommufdIoctls: readonly IoctlDescription[] = [
  describe("IOMMU_DESTROY", uapi.IOMMU_DESTROY, structs.iommu_destroy, "id"),
  describe("IOMMU_IOAS_ALLOC", uapi.IOMMU_IOAS_ALLOC, structs.iommu_ioas_alloc, "out_ioas_id"),
  describe(
    "IOMMU_IOAS_ALLOW_IOVAS",
    uapi.IOMMU_IOAS_ALLOW_IOVAS,
    structs.iommu_ioas_allow_iovas,
    "allowed_iovas",
  ),
  describe("IOMMU_IOAS_COPY", uapi.IOMMU_IOAS_COPY, structs.iommu_ioas_copy, "src_iova"),
  describe(
    "IOMMU_IOAS_IOVA_RANGES",
    uapi.IOMMU_IOAS_IOVA_RANGES,
    structs.iommu_ioas_iova_ranges,
    "out_iova_alignment",
  ),
  describe("IOMMU_IOAS_MAP", uapi.IOMMU_IOAS_MAP, structs.iommu_ioas_map, "iova"),
  describe("IOMMU_IOAS_UNMAP", uapi.IOMMU_IOAS_UNMAP, structs.iommu_ioas_unmap, "length"),
  describe("IOMMU_OPTION", uapi.IOMMU_OPTION, structs.iommu_option, "val64"),
  describe("IOMMU_VFIO_IOAS", uapi.IOMMU_VFIO_IOAS, structs.iommu_vfio_ioas, "__reserved"),
  describe("IOMMU_HWPT_ALLOC", uapi.IOMMU_HWPT_ALLOC, structs.iommu_hwpt_alloc, "__reserved"),
  describe("IOMMU_GET_HW_INFO", uapi.IOMMU_GET_HW_INFO, structs.iommu_hw_info, "__reserved"),
  describe(
    "IOMMU_HWPT_SET_DIRTY_TRACKING",
    uapi.IOMMU_HWPT_SET_DIRTY_TRACKING,
    structs.iommu_hwpt_set_dirty_tracking,
    "__reserved",
  ),
  describe(
    "IOMMU_HWPT_GET_DIRTY_BITMAP",
    uapi.IOMMU_HWPT_GET_DIRTY_BITMAP,
    structs.iommu_hwpt_get_dirty_bitmap,
    "data",
  ),
  describe("IOMMU_HWPT_INVALIDATE", uapi.IOMMU_HWPT_INVALIDATE, structs.iommu_hwpt_invalidate, "__reserved"),
  describe(
    "IOMMU_FAULT_QUEUE_ALLOC",
    uapi.IOMMU_FAULT_QUEUE_ALLOC,
    structs.iommu_fault_alloc,
    "out_fault_fd",
  ),
  describe("IOMMU_IOAS_MAP_FILE", uapi.IOMMU_IOAS_MAP_FILE, structs.iommu_ioas_map_file, "iova"),
  describe("IOMMU_VIOMMU_ALLOC", uapi.IOMMU_VIOMMU_ALLOC, structs.iommu_viommu_alloc, "out_viommu_id"),
  describe("IOMMU_VDEVICE_ALLOC", uapi.IOMMU_VDEVICE_ALLOC, structs.iommu_vdevice_alloc, "virt_id"),
  describe(
    "IOMMU_IOAS_CHANGE_PROCESS",
    uapi.IOMMU_IOAS_CHANGE_PROCESS,
    structs.iommu_ioas_change_process,
    "__reserved",
  ),
  describe("IOMMU_VEVENTQ_ALLOC", uapi.IOMMU_VEVENTQ_ALLOC, structs.iommu_veventq_alloc, "out_veventq_fd"),
  describe("IOMMU_HW_QUEUE_ALLOC", uapi.IOMMU_HW_QUEUE_ALLOC, structs.iommu_hw_queue_alloc, "length"),
  describe("IOMMU_VDEVICE_TSM_OP", uapi.IOMMU_VDEVICE_TSM_OP, structs.iommu_vdevice_tsm_op, "vdevice_id"),
  describe(
    "IOMMU_VDEVICE_TSM_GUEST_REQUEST",
    uapi.IOMMU_VDEVICE_TSM_GUEST_REQUEST,
    structs.iommu_vdevice_tsm_guest_request,
    "resp_uptr",
  ),
  describe("IOMMU_VDEVICE_TSM_MAP", uapi.IOMMU_VDEVICE_TSM_MAP, structs.iommu_vdevice_tsm_map, "vdevice_id"),
];
