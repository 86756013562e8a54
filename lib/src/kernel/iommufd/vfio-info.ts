// SPDX-License-Identifier: MIT
import { EFAULT } from "../../base/errno.ts";
import type { UserPointer } from "../mm/user-memory.ts";
import * as vfio from "../vfio/uapi.ts";
import type { io_pagetable } from "./io-pagetable.ts";

/** Bytes that VFIO_IOMMU_GET_INFO needs at least: it is older than the capabilities. */
export const VFIO_INFO_MINSZ = 16;

/** A capability: as much of it as there is room for, and the bytes that all of it takes. */
interface Capability {
  readonly written: boolean;
  readonly size: number;
}

/** Where a capability goes, and the bytes that user space has left there. */
interface Room {
  readonly pointer: UserPointer;
  readonly at: number;
  readonly bytes: number;
}

/** There is no limit but that of the control group. */
function iommufd_fill_cap_dma_avail({ pointer, at, bytes }: Room): Capability {
  const layout = vfio.vfio_iommu_type1_info_dma_avail;
  const size = layout.byteLength;
  const capability = layout({ id: vfio.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, version: 1, avail: 2 ** 32 - 1 });
  return { written: bytes < size || pointer.write(at, capability), size };
}

/** The ranges that fit are written; their number and the rest of the head only when all of them do. */
function iommufd_fill_cap_iova(iopt: io_pagetable, { pointer, at, bytes }: Room): Capability {
  const head = vfio.vfio_iommu_type1_info_cap_iova_range;
  const range = vfio.vfio_iova_range;
  const sizeOf = (count: number): number => head.byteLength + count * range.byteLength;
  const usable = iopt.usableRanges();
  for (const [n, { start, last }] of usable.entries()) {
    if (bytes < sizeOf(n + 1)) break;
    if (!pointer.write(at + sizeOf(n), range({ start, end: last }))) return { written: false, size: 0 };
  }
  const size = sizeOf(usable.length);
  const id = vfio.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
  return {
    written: bytes < size || pointer.write(at, head({ id, version: 1, nr_iovas: usable.length })),
    size,
  };
}

/**
 * Tells the page sizes of an IOAS and, linked behind the structure, its capabilities. With too little room for these
 * it tells how much they take. Returns 0 or -EFAULT.
 *
 * @param argsz bytes that user space says it has, `VFIO_INFO_MINSZ` at least
 * @kernel drivers/iommu/iommufd/vfio_compat.c iommufd_vfio_iommu_get_info
 */
export function fillVfioInfo(iopt: io_pagetable, pointer: UserPointer, argsz: number): number {
  const layout = vfio.vfio_iommu_type1_info;
  const fillers = [iommufd_fill_cap_dma_avail, (room: Room): Capability => iommufd_fill_cap_iova(iopt, room)];
  let total = layout.byteLength;
  let previous: number | undefined;
  for (const fill of fillers) {
    const { written, size } = fill({ pointer, at: total, bytes: Math.max(0, argsz - total) });
    if (!written) return -EFAULT;
    if (previous !== undefined && argsz >= total && !linkTo(pointer, previous, total)) return -EFAULT;
    previous = total;
    total += size;
  }
  const info = layout({
    argsz: total,
    flags: vfio.VFIO_IOMMU_INFO_PGSIZES | vfio.VFIO_IOMMU_INFO_CAPS,
    iova_pgsizes: iopt.pgsizes,
    cap_offset: argsz >= total ? layout.byteLength : 0,
  });
  return pointer.write(0, info.subarray(0, Math.min(argsz, layout.byteLength))) ? 0 : -EFAULT;
}

/** Writes where the next capability begins into the head of the one before. */
function linkTo(pointer: UserPointer, capability: number, next: number): boolean {
  const word = new Uint8Array(4);
  new DataView(word.buffer).setUint32(0, next, true);
  return pointer.write(capability + 4, word);
}
