// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn } from "../../base/address.ts";
import { EINVAL, ENOMEM, ENOSPC, EOPNOTSUPP } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import type { Kernel } from "../kernel.ts";
import { NO_PAGE } from "../mm/pages.ts";
import type { File, file_operations, task_struct } from "./file.ts";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, S_IFREG } from "./uapi.ts";

/**
 * A file whose pages are ordinary, shareable memory: what `memfd_create` gives, or an unnamed file of tmpfs.
 *
 * Left out: seals, swapping, huge pages, read and write.
 *
 * @kernel mm/shmem.c
 */
export class ShmemInode {
  readonly kernel: Kernel;
  readonly #pages = new Map<number, Pfn>();
  /** Bytes. */
  i_size = 0;
  /** Permission bits. */
  i_mode = 0o600;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** The page with the given number, made when it is first asked for; `NO_PAGE` if there is no memory. */
  shmem_get_folio(index: number): Pfn {
    const known = this.#pages.get(index);
    if (known !== undefined) return known;
    const fresh = this.kernel.pages.alloc_zeroed_page();
    if (fresh !== NO_PAGE) this.#pages.set(index, fresh);
    return fresh;
  }

  has(index: number): boolean {
    return this.#pages.has(index);
  }

  /** Gives up the pages from `first` to before `end`. Whoever holds a reference keeps the page. */
  truncate(first: number, end: number): void {
    for (const [index, pfn] of this.#pages) {
      if (index < first || index >= end) continue;
      this.#pages.delete(index);
      this.kernel.pages.put_page(pfn);
    }
  }

  /** The pages that are present, each held by one reference of the file. */
  present(): Iterable<Pfn> {
    return this.#pages.values();
  }
}

/** True for a file that memory can be pinned from with `memfd_pin_folios`. */
export function shmem_file(file: File): boolean {
  return file.f_op === shmem_file_operations;
}

/** The inode of a file for which `shmem_file` is true. */
export function shmemInode(file: File): ShmemInode {
  return file.private_data as ShmemInode;
}

// biome-ignore lint/correctness/useYield: an operation of a file is a task, also one that never waits.
function* ftruncate(file: File, length: bigint): Task<number> {
  const inode = shmemInode(file);
  inode.i_size = Number(length);
  inode.truncate(Math.ceil(inode.i_size / PAGE_SIZE), Number.POSITIVE_INFINITY);
  return 0;
}

// biome-ignore lint/correctness/useYield: an operation of a file is a task, also one that never waits.
function* fallocate(
  file: File,
  _current: task_struct,
  mode: number,
  offset: bigint,
  length: bigint,
): Task<number> {
  if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) !== 0) return -EOPNOTSUPP;
  const inode = shmemInode(file);
  const start = Number(offset);
  const end = Number(offset + length);
  if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0) {
    inode.truncate(Math.ceil(start / PAGE_SIZE), Math.floor(end / PAGE_SIZE));
    return 0;
  }
  const first = Math.floor(start / PAGE_SIZE);
  const last = Math.ceil(end / PAGE_SIZE);
  // The file system has room for as many pages as the machine.
  if (last - first > inode.kernel.machine.memory.pages) return -ENOSPC;
  const added: number[] = [];
  for (let index = first; index < last; index++) {
    const isNew = !inode.has(index);
    if (inode.shmem_get_folio(index) === NO_PAGE) {
      for (const fresh of added) inode.truncate(fresh, fresh + 1);
      return -ENOMEM;
    }
    if (isNew) added.push(index);
  }
  if ((mode & FALLOC_FL_KEEP_SIZE) === 0) inode.i_size = Math.max(inode.i_size, end);
  return 0;
}

/** @kernel mm/shmem.c */
export const shmem_file_operations: file_operations = {
  name: "shmem_file_operations",
  regular: true,
  ftruncate,
  fallocate,
  fchmod: (file, mode) => {
    shmemInode(file).i_mode = mode;
    return 0;
  },
  stat: (file) => ({
    st_mode: S_IFREG | shmemInode(file).i_mode,
    st_size: shmemInode(file).i_size,
    st_blksize: PAGE_SIZE,
  }),
  mmap: (file, _length, offset, shared) => {
    if (!shared) return -EINVAL;
    const inode = shmemInode(file);
    const fault = (page: number): Pfn => {
      const index = offset / PAGE_SIZE + page;
      return index * PAGE_SIZE < inode.i_size ? inode.shmem_get_folio(index) : NO_PAGE;
    };
    return { fault, close: () => {} };
  },
  // biome-ignore lint/correctness/useYield: an operation of a file is a task, also one that never waits.
  *release(file) {
    shmemInode(file).truncate(0, Number.POSITIVE_INFINITY);
  },
};

/**
 * Adds `/dev/shm`. Opening it gives a new unnamed file of size 0, as `open("/dev/shm", O_TMPFILE | O_RDWR)` does.
 */
export function installShmem(kernel: Kernel): void {
  kernel.nodes.set("/dev/shm", { f_op: shmem_file_operations, open: () => new ShmemInode(kernel) });
}
