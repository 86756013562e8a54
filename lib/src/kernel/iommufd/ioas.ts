// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { EBADF, EFAULT, EINVAL, EMSGSIZE, ENOMEM, EOPNOTSUPP, EOVERFLOW } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { type File, fput, get_file, type task_struct } from "../fs/file.ts";
import { type IommuProt, io_pagetable, type PagesElm, type Unmapped } from "./io-pagetable.ts";
import { type IovaRange, overlaps, ULONG_MAX } from "./iova-ranges.ts";
import {
  IOMMUFD_OBJ_IOAS,
  type iommufd_ctx,
  iommufd_object,
  type iommufd_object_ops,
} from "./object-table.ts";
import { iommufd_put_object } from "./objects.ts";
import { iopt_pages, type PagesSource } from "./pages.ts";
import { IOMMU_IOAS_MAP_FIXED_IOVA, IOMMU_IOAS_MAP_READABLE, IOMMU_IOAS_MAP_WRITEABLE } from "./uapi.ts";
import * as structs from "./uapi-structs.ts";
import { getTyped, iommufd_object_alloc_ucmd, type iommufd_ucmd, iommufd_ucmd_respond } from "./ucmd.ts";

const MAP_FLAGS = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE;
const UNMAP_ALL = ULONG_MAX;

/**
 * An I/O address space as an object.
 *
 * @kernel drivers/iommu/iommufd/iommufd_private.h struct iommufd_ioas
 */
export class iommufd_ioas extends iommufd_object {
  readonly iopt: io_pagetable;
  readonly ops: iommufd_object_ops = { destroy: () => this.#destroy() };

  constructor(ictx: iommufd_ctx) {
    super(ictx, IOMMUFD_OBJ_IOAS);
    this.iopt = new io_pagetable(ictx.kernel);
  }

  dependsOn(): readonly iommufd_object[] {
    return [];
  }

  // biome-ignore lint/correctness/useYield: the end of an object is a task, also where nothing can wait.
  *#destroy(): Task<void> {
    this.iopt.iopt_unmap_all();
  }
}

/** Looks an IOAS up; -ENOENT for anything else. */
export function iommufd_get_ioas(ucmd: iommufd_ucmd, id: number): Task<iommufd_ioas | number> {
  return getTyped<iommufd_ioas>(ucmd, id, IOMMUFD_OBJ_IOAS);
}

/** IOMMU_IOAS_ALLOC. @kernel drivers/iommu/iommufd/ioas.c */
export function* iommufd_ioas_alloc_ioctl(ucmd: iommufd_ucmd): Task<number> {
  const layout = structs.iommu_ioas_alloc;
  if (layout.decode(ucmd.cmd).flags !== 0) return -EOPNOTSUPP;
  const ioas = iommufd_object_alloc_ucmd(ucmd, (ictx) => new iommufd_ioas(ictx));
  if (typeof ioas === "number") return ioas;
  layout.set(ucmd.cmd, "out_ioas_id", ioas.id);
  return iommufd_ucmd_respond(ucmd);
}

/** IOMMU_IOAS_IOVA_RANGES: tells all ranges it has room for, and -EMSGSIZE when there are more. */
export function* iommufd_ioas_iova_ranges(ucmd: iommufd_ucmd): Task<number> {
  const layout = structs.iommu_ioas_iova_ranges;
  const cmd = layout.decode(ucmd.cmd);
  if (cmd.__reserved !== 0) return -EOPNOTSUPP;
  const ioas = yield* iommufd_get_ioas(ucmd, cmd.ioas_id);
  if (typeof ioas === "number") return ioas;
  const result = tellRanges(ucmd, ioas, cmd.num_iovas, Number(cmd.allowed_iovas));
  iommufd_put_object(ioas);
  return result;
}

function tellRanges(ucmd: iommufd_ucmd, ioas: iommufd_ioas, max_iovas: number, into: number): number {
  const layout = structs.iommu_ioas_iova_ranges;
  const ranges = ioas.iopt.usableRanges();
  for (const [i, range] of ranges.slice(0, max_iovas).entries()) {
    if (!ucmd.current.mm.copy_to_user(into + 16 * i, structs.iommu_iova_range(range))) return -EFAULT;
  }
  layout.set(ucmd.cmd, "num_iovas", ranges.length);
  layout.set(ucmd.cmd, "out_iova_alignment", ioas.iopt.iova_alignment);
  return iommufd_ucmd_respond(ucmd) || (ranges.length > max_iovas ? -EMSGSIZE : 0);
}

/** IOMMU_IOAS_ALLOW_IOVAS: replaces the ranges that automatic placement may use. */
export function* iommufd_ioas_allow_iovas(ucmd: iommufd_ucmd): Task<number> {
  const cmd = structs.iommu_ioas_allow_iovas.decode(ucmd.cmd);
  if (cmd.__reserved !== 0) return -EOPNOTSUPP;
  const ioas = yield* iommufd_get_ioas(ucmd, cmd.ioas_id);
  if (typeof ioas === "number") return ioas;
  const allowed = iommufd_ioas_load_iovas(ucmd, Number(cmd.allowed_iovas), cmd.num_iovas);
  const result = typeof allowed === "number" ? allowed : ioas.iopt.iopt_set_allow_iova(allowed);
  iommufd_put_object(ioas);
  return result;
}

function iommufd_ioas_load_iovas(ucmd: iommufd_ucmd, from: number, num: number): IovaRange[] | number {
  const allowed: IovaRange[] = [];
  for (let i = 0; i < num; i++) {
    const bytes = ucmd.current.mm.copy_from_user(from + 16 * i, 16);
    if (bytes === undefined) return -EFAULT;
    const range = structs.iommu_iova_range.decode(bytes);
    // A range of a single address is refused, too.
    if (range.start >= range.last) return -EINVAL;
    if (allowed.some((other) => overlaps(other, range))) return -EINVAL;
    if (ucmd.ictx.kernel.faults.hit("alloc")) return -ENOMEM;
    allowed.push(range);
  }
  return allowed.sort((a, b) => (a.start < b.start ? -1 : 1));
}

/** IOMMU_IOAS_MAP: maps user memory. */
export function* iommufd_ioas_map(ucmd: iommufd_ucmd): Task<number> {
  const layout = structs.iommu_ioas_map;
  const cmd = layout.decode(ucmd.cmd);
  if ((cmd.flags & ~MAP_FLAGS) !== 0 || cmd.__reserved !== 0) return -EOPNOTSUPP;
  const refused = checkMapArguments(cmd.flags, cmd.iova, cmd.length);
  if (refused !== 0) return refused;
  const ioas = yield* iommufd_get_ioas(ucmd, cmd.ioas_id);
  if (typeof ioas === "number") return ioas;
  const iova = iopt_map_user_pages(
    ioas,
    ucmd.current,
    fixedIova(cmd.flags, cmd.iova),
    cmd.user_va,
    cmd.length,
    conv_iommu_prot(cmd.flags),
  );
  const result = respondWithIova(ucmd, iova, (placed) => layout.set(ucmd.cmd, "iova", placed));
  iommufd_put_object(ioas);
  return result;
}

/**
 * IOMMU_IOAS_MAP_FILE: maps the pages of a file. What kind of file it is matters only once pages are pinned.
 *
 * Kept as it is in the kernel: a bad descriptor leaves the IOAS with a count that nobody drops, so it can never be
 * destroyed again.
 */
export function* iommufd_ioas_map_file(ucmd: iommufd_ucmd): Task<number> {
  const layout = structs.iommu_ioas_map_file;
  const cmd = layout.decode(ucmd.cmd);
  if ((cmd.flags & ~MAP_FLAGS) !== 0) return -EOPNOTSUPP;
  const refused = checkMapArguments(cmd.flags, cmd.iova, cmd.length);
  if (refused !== 0) return refused;
  const ioas = yield* iommufd_get_ioas(ucmd, cmd.ioas_id);
  if (typeof ioas === "number") return ioas;
  const file = ucmd.current.fget(cmd.fd);
  if (file === undefined) return -EBADF;
  const prot = conv_iommu_prot(cmd.flags);
  const iova = iopt_map_file_pages(ioas, fixedIova(cmd.flags, cmd.iova), file, cmd.start, cmd.length, prot);
  const result = respondWithIova(ucmd, iova, (placed) => layout.set(ucmd.cmd, "iova", placed));
  iommufd_put_object(ioas);
  yield* fput(file);
  return result;
}

/** IOMMU_IOAS_COPY: maps in one space the memory that another one shows. */
export function* iommufd_ioas_copy(ucmd: iommufd_ucmd): Task<number> {
  const layout = structs.iommu_ioas_copy;
  const cmd = layout.decode(ucmd.cmd);
  if ((cmd.flags & ~MAP_FLAGS) !== 0) return -EOPNOTSUPP;
  if (cmd.length >= ULONG_MAX || cmd.src_iova >= ULONG_MAX || cmd.dst_iova >= ULONG_MAX) return -EOVERFLOW;
  if ((cmd.flags & (IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE)) === 0) return -EINVAL;
  const source = yield* iommufd_get_ioas(ucmd, cmd.src_ioas_id);
  if (typeof source === "number") return source;
  const elements = source.iopt.iopt_get_pages(cmd.src_iova, cmd.length);
  iommufd_put_object(source);
  if (typeof elements === "number") return elements;
  const target = yield* iommufd_get_ioas(ucmd, cmd.dst_ioas_id);
  if (typeof target === "number") return target;
  const prot = conv_iommu_prot(cmd.flags);
  const iova = target.iopt.iopt_map_pages(elements, fixedIova(cmd.flags, cmd.dst_iova), prot);
  const result = respondWithIova(ucmd, iova, (placed) => layout.set(ucmd.cmd, "dst_iova", placed));
  iommufd_put_object(target);
  return result;
}

/** IOMMU_IOAS_UNMAP. From 0 with the largest length it unmaps everything, also when there is nothing. */
export function* iommufd_ioas_unmap(ucmd: iommufd_ucmd): Task<number> {
  const layout = structs.iommu_ioas_unmap;
  const cmd = layout.decode(ucmd.cmd);
  const ioas = yield* iommufd_get_ioas(ucmd, cmd.ioas_id);
  if (typeof ioas === "number") return ioas;
  const unmapped = unmap(ioas, cmd.iova, cmd.length);
  let { result } = unmapped;
  if (result === 0) {
    layout.set(ucmd.cmd, "length", unmapped.bytes);
    result = iommufd_ucmd_respond(ucmd);
  }
  iommufd_put_object(ioas);
  return result;
}

function unmap(ioas: iommufd_ioas, iova: bigint, length: bigint): Unmapped {
  if (iova === 0n && length === UNMAP_ALL) return { result: 0, bytes: ioas.iopt.iopt_unmap_all() };
  if (iova >= ULONG_MAX || length >= ULONG_MAX) return { result: -EOVERFLOW, bytes: 0n };
  return ioas.iopt.iopt_unmap_iova(iova, length);
}

/**
 * IOMMU_IOAS_CHANGE_PROCESS: moves the accounting of pinned memory to the calling process. Returns -EINVAL when any
 * IOAS shows memory by user addresses, which belong to the old process.
 */
export function* iommufd_ioas_change_process(ucmd: iommufd_ucmd): Task<number> {
  if (structs.iommu_ioas_change_process.decode(ucmd.cmd).__reserved !== 0) return -EOPNOTSUPP;
  if (ucmd.ictx.kernel.scheduling.preemptible) yield { kind: "lock", object: "ictx->ioas_creation_lock" };
  const spaces = ucmd.ictx.objects
    .all()
    .filter((object): object is iommufd_ioas => object.type === IOMMUFD_OBJ_IOAS);
  const pages = spaces.flatMap((ioas) => ioas.iopt.allPages());
  return pages.some(({ source }) => source.type !== "IOPT_ADDRESS_FILE") ? -EINVAL : 0;
}

/** Maps user memory at an address or, with `undefined`, anywhere. Answers the address or a negative errno. */
export function iopt_map_user_pages(
  ioas: iommufd_ioas,
  current: task_struct,
  iova: bigint | undefined,
  user_va: bigint,
  length: bigint,
  prot: IommuProt,
): bigint | number {
  if (length === 0n) return -EINVAL;
  if (user_va + length > ULONG_MAX) return -EOVERFLOW;
  const page = BigInt(PAGE_SIZE);
  const uptr = Number(user_va - (user_va % page));
  return mapSource(
    ioas,
    { type: "IOPT_ADDRESS_USER", mm: current.mm, uptr },
    iova,
    user_va % page,
    length,
    prot,
  );
}

function iopt_map_file_pages(
  ioas: iommufd_ioas,
  iova: bigint | undefined,
  file: File,
  start: bigint,
  length: bigint,
  prot: IommuProt,
): bigint | number {
  if (length === 0n) return -EINVAL;
  if (start + length - 1n > ULONG_MAX) return -EOVERFLOW;
  const page = BigInt(PAGE_SIZE);
  const source = { type: "IOPT_ADDRESS_FILE", file, start: Number(start - (start % page)) } as const;
  return mapSource(ioas, source, iova, start % page, length, prot);
}

function mapSource(
  ioas: iommufd_ioas,
  source: PagesSource,
  iova: bigint | undefined,
  startByte: bigint,
  length: bigint,
  prot: IommuProt,
): bigint | number {
  const { kernel } = ioas.ictx;
  if (kernel.faults.hit("alloc")) return -ENOMEM;
  if (source.type === "IOPT_ADDRESS_FILE") get_file(source.file);
  const pages = new iopt_pages(kernel, source, prot.write);
  const element: PagesElm = { pages, start_byte: Number(startByte), length };
  const placed = ioas.iopt.iopt_map_pages([element], iova, prot);
  pages.iopt_put_pages();
  return placed;
}

function checkMapArguments(flags: number, iova: bigint, length: bigint): number {
  if (iova >= ULONG_MAX || length >= ULONG_MAX) return -EOVERFLOW;
  return (flags & (IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE)) === 0 ? -EINVAL : 0;
}

function fixedIova(flags: number, iova: bigint): bigint | undefined {
  return (flags & IOMMU_IOAS_MAP_FIXED_IOVA) !== 0 ? iova : undefined;
}

function conv_iommu_prot(flags: number): IommuProt {
  return {
    read: (flags & IOMMU_IOAS_MAP_READABLE) !== 0,
    write: (flags & IOMMU_IOAS_MAP_WRITEABLE) !== 0,
  };
}

function respondWithIova(ucmd: iommufd_ucmd, iova: bigint | number, set: (placed: bigint) => void): number {
  if (typeof iova === "number") return iova;
  set(iova);
  return iommufd_ucmd_respond(ucmd);
}
