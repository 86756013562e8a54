// SPDX-License-Identifier: MIT
import { EFAULT, EINVAL, ENODEV, ENOENT, ENOTTY, EOPNOTSUPP } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import type { IoctlArgument, task_struct } from "../fs/file.ts";
import * as vfio from "../vfio/uapi.ts";
import type { io_pagetable, Unmapped } from "./io-pagetable.ts";
import { iommufd_get_ioas, type iommufd_ioas, iopt_map_user_pages } from "./ioas.ts";
import { IOMMUFD_OBJ_IOAS, type iommufd_ctx } from "./object-table.ts";
import { iommufd_get_object, iommufd_put_object } from "./objects.ts";
import { IOMMU_VFIO_IOAS_CLEAR, IOMMU_VFIO_IOAS_GET, IOMMU_VFIO_IOAS_SET } from "./uapi.ts";
import { iommu_vfio_ioas } from "./uapi-structs.ts";
import { type iommufd_ucmd, iommufd_ucmd_respond } from "./ucmd.ts";
import { fillVfioInfo, VFIO_INFO_MINSZ } from "./vfio-info.ts";

/**
 * `/dev/iommu` in place of `/dev/vfio/vfio`: the commands of VFIO's type 1 driver on one chosen IOAS.
 *
 * Left out: dirty pages, and devices without an IOMMU.
 *
 * @kernel drivers/iommu/iommufd/vfio_compat.c
 */

/** The chosen IOAS with both counts, or -ENODEV. */
function* get_compat_ioas(ictx: iommufd_ctx): Task<iommufd_ioas | number> {
  if (ictx.vfio_ioas === undefined) return -ENODEV;
  const ioas = yield* iommufd_get_object(ictx, ictx.vfio_ioas.id, IOMMUFD_OBJ_IOAS);
  return typeof ioas === "number" ? -ENODEV : (ioas as iommufd_ioas);
}

/** IOMMU_VFIO_IOAS: tells, sets or clears the choice. Nothing chosen is -ENODEV, an unknown IOAS -ENOENT. */
export function* iommufd_vfio_ioas(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_vfio_ioas.decode(ucmd.cmd);
  if (cmd.__reserved !== 0) return -EOPNOTSUPP;
  switch (cmd.op) {
    case IOMMU_VFIO_IOAS_GET: {
      const ioas = yield* get_compat_ioas(ucmd.ictx);
      if (typeof ioas === "number") return ioas;
      iommu_vfio_ioas.set(ucmd.cmd, "ioas_id", ioas.id);
      iommufd_put_object(ioas);
      return iommufd_ucmd_respond(ucmd);
    }
    case IOMMU_VFIO_IOAS_SET: {
      const ioas = yield* iommufd_get_ioas(ucmd, cmd.ioas_id);
      if (typeof ioas === "number") return -ENOENT;
      ucmd.ictx.vfio_ioas = ioas;
      iommufd_put_object(ioas);
      return 0;
    }
    case IOMMU_VFIO_IOAS_CLEAR:
      ucmd.ictx.vfio_ioas = undefined;
      return 0;
    default:
      return -EOPNOTSUPP;
  }
}

/** The commands outside the table; an unknown one is -ENOTTY. */
export function* iommufd_vfio_ioctl(
  ictx: iommufd_ctx,
  current: task_struct,
  command: number,
  argument: IoctlArgument,
): Task<number> {
  switch (command) {
    case vfio.VFIO_GET_API_VERSION:
      return vfio.VFIO_API_VERSION;
    case vfio.VFIO_CHECK_EXTENSION:
      return yield* iommufd_vfio_check_extension(ictx, argument.value);
    case vfio.VFIO_SET_IOMMU:
      return yield* iommufd_vfio_set_iommu(ictx, argument.value);
    case vfio.VFIO_IOMMU_GET_INFO:
      return yield* iommufd_vfio_iommu_get_info(ictx, argument);
    case vfio.VFIO_IOMMU_MAP_DMA:
      return yield* iommufd_vfio_map_dma(ictx, current, argument);
    case vfio.VFIO_IOMMU_UNMAP_DMA:
      return yield* iommufd_vfio_unmap_dma(ictx, argument);
    default:
      return -ENOTTY;
  }
}

/** All domains of the SMMU enforce coherent DMA; but without an IOAS there is nobody to ask. */
function* iommufd_vfio_check_extension(ictx: iommufd_ctx, extension: number): Task<number> {
  if (extension === vfio.VFIO_DMA_CC_IOMMU) {
    const ioas = yield* get_compat_ioas(ictx);
    if (typeof ioas === "number") return ioas;
    iommufd_put_object(ioas);
    return 1;
  }
  return [vfio.VFIO_TYPE1_IOMMU, vfio.VFIO_TYPE1v2_IOMMU, vfio.VFIO_UNMAP_ALL].includes(extension) ? 1 : 0;
}

function* iommufd_vfio_set_iommu(ictx: iommufd_ctx, type: number): Task<number> {
  if (type !== vfio.VFIO_TYPE1_IOMMU && type !== vfio.VFIO_TYPE1v2_IOMMU) return -EINVAL;
  const ioas = yield* get_compat_ioas(ictx);
  if (typeof ioas === "number") return ioas;
  // The first version can unmap in the middle of a mapping, which takes pages that can be split.
  const result = type === vfio.VFIO_TYPE1_IOMMU ? ioas.iopt.iopt_disable_large_pages() : 0;
  iommufd_put_object(ioas);
  return result;
}

function* iommufd_vfio_iommu_get_info(ictx: iommufd_ctx, { pointer }: IoctlArgument): Task<number> {
  const bytes = pointer.read(0, VFIO_INFO_MINSZ);
  if (bytes === undefined) return -EFAULT;
  const { argsz } = vfio.vfio_iommu_type1_info.decode(bytes);
  if (argsz < VFIO_INFO_MINSZ) return -EINVAL;
  const ioas = yield* get_compat_ioas(ictx);
  if (typeof ioas === "number") return ioas;
  const result = fillVfioInfo(ioas.iopt, pointer, argsz);
  iommufd_put_object(ioas);
  return result;
}

function* iommufd_vfio_map_dma(
  ictx: iommufd_ctx,
  current: task_struct,
  { pointer }: IoctlArgument,
): Task<number> {
  const layout = vfio.vfio_iommu_type1_dma_map;
  const bytes = pointer.read(0, layout.byteLength);
  if (bytes === undefined) return -EFAULT;
  const map = layout.decode(bytes);
  const rights = vfio.VFIO_DMA_MAP_FLAG_READ | vfio.VFIO_DMA_MAP_FLAG_WRITE;
  if (map.argsz < layout.byteLength || (map.flags & ~rights) !== 0) return -EINVAL;
  const ioas = yield* get_compat_ioas(ictx);
  if (typeof ioas === "number") return ioas;
  const prot = {
    read: (map.flags & vfio.VFIO_DMA_MAP_FLAG_READ) !== 0,
    write: (map.flags & vfio.VFIO_DMA_MAP_FLAG_WRITE) !== 0,
  };
  const placed = iopt_map_user_pages(ioas, current, map.iova, map.vaddr, map.size, prot);
  iommufd_put_object(ioas);
  return typeof placed === "number" ? placed : 0;
}

function* iommufd_vfio_unmap_dma(ictx: iommufd_ctx, { pointer }: IoctlArgument): Task<number> {
  const layout = vfio.vfio_iommu_type1_dma_unmap;
  const bytes = pointer.read(0, layout.byteLength);
  if (bytes === undefined) return -EFAULT;
  const request = layout.decode(bytes);
  if (request.argsz < layout.byteLength || (request.flags & ~vfio.VFIO_DMA_UNMAP_FLAG_ALL) !== 0)
    return -EINVAL;
  const ioas = yield* get_compat_ioas(ictx);
  if (typeof ioas === "number") return ioas;
  const unmapped = unmap(ioas.iopt, request);
  iommufd_put_object(ioas);
  if (typeof unmapped === "number") return unmapped;
  // How much was unmapped is told also when it was an error that ended it.
  layout.set(bytes, "size", unmapped.bytes);
  return pointer.write(0, bytes) ? unmapped.result : -EFAULT;
}

/** What was unmapped, or why it was not even tried. The first version cuts mappings at both ends of the range. */
function unmap(
  iopt: io_pagetable,
  { flags, iova, size }: { readonly flags: number; readonly iova: bigint; readonly size: bigint },
): Unmapped | number {
  if ((flags & vfio.VFIO_DMA_UNMAP_FLAG_ALL) !== 0)
    return iova !== 0n || size !== 0n ? -EINVAL : { result: 0, bytes: iopt.iopt_unmap_all() };
  if (iopt.disable_large_pages) {
    const ends = [iova + size - 1n, ...(iova === 0n ? [] : [iova - 1n])];
    const cut = iopt.iopt_cut_iova(ends.map((end) => BigInt.asUintN(64, end)));
    if (cut !== 0) return cut;
  }
  return iopt.iopt_unmap_iova(iova, size);
}
