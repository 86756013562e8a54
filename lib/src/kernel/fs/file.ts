// SPDX-License-Identifier: MIT
import type { Pfn } from "../../base/address.ts";
import { type SharedKind, sharedKind, touches } from "../../base/footprint.ts";
import { type Task, unnoted } from "../../base/task.ts";
import type { UserMemory, UserPointer } from "../mm/user-memory.ts";

/**
 * The process that makes a system call, as drivers see it: the kernel's `current`.
 *
 * @kernel include/linux/sched.h
 */
export interface task_struct {
  readonly mm: UserMemory;
  /** A signal waits to be handled. */
  readonly signal_pending: boolean;
  /** The open file with a reference of its own, or `undefined`. */
  fget(fd: number): File | undefined;
  /** Puts a file at the lowest free descriptor and takes over the reference; a descriptor or -EMFILE. */
  fd_install(file: File): number;
  /** Closes a descriptor; 0 or -EBADF. */
  close_fd(fd: number): Task<number>;
}

/** The third argument of ioctl: a word, and the memory it points to if it is a pointer. */
export interface IoctlArgument {
  readonly value: number;
  readonly pointer: UserPointer;
}

/** What `fstat` tells of a file. Sizes are bytes. */
export interface FileStat {
  readonly st_mode: number;
  readonly st_size: number;
  readonly st_blksize: number;
}

/** Pages that a file offers for mapping, and what it wants to hear when the mapping goes. */
export interface FileMapping {
  readonly fault: (page: number) => Pfn;
  readonly close: () => void;
}

/** Calls on a file that note what they touch. */
export interface NotedCalls {
  /** Commands of `ioctl`. */
  readonly commands?: ReadonlySet<number>;
  readonly fallocate?: true;
  readonly release?: true;
}

/**
 * What a kind of file can do. A missing operation is answered by the system call itself, with the errno the VFS
 * gives.
 *
 * @kernel include/linux/fs.h struct file_operations
 */
export interface file_operations {
  /** Name of the operations structure in the kernel, which also says what kind of file it is. */
  readonly name: string;
  /** True for regular files: only these have a size that `ftruncate` could change. */
  readonly regular?: boolean;
  ioctl?(file: File, current: task_struct, command: number, argument: IoctlArgument): Task<number>;
  fallocate?(file: File, current: task_struct, mode: number, offset: bigint, length: bigint): Task<number>;
  ftruncate?(file: File, length: bigint): Task<number>;
  /** Changes the permission bits. Missing where the file belongs to root. */
  fchmod?(file: File, mode: number): number;
  read?(file: File, into: Uint8Array): number;
  write?(file: File, current: task_struct, from: Uint8Array): Task<number>;
  stat?(file: File): FileStat;
  /** A mapping of `length` bytes from `offset`, or a negative errno. */
  mmap?(file: File, length: number, offset: number, shared: boolean): FileMapping | number;
  /** The last reference went. */
  release?(file: File): Task<void>;
  /** What of this notes all the shared state that it touches; to the explorer everything else touches everything. */
  readonly noted?: NotedCalls;
}

const counts = new Map<file_operations, SharedKind>();

/** The references of all files of a kind, as tasks share them. */
function countOf(f_op: file_operations): SharedKind {
  const known = counts.get(f_op);
  if (known !== undefined) return known;
  const kind = sharedKind(`f_count of ${f_op.name}`);
  counts.set(f_op, kind);
  return kind;
}

/**
 * An open file. File descriptors, other files and kernel objects hold references; the last one releases it.
 *
 * @kernel include/linux/fs.h
 */
export class File {
  readonly f_op: file_operations;
  readonly private_data: unknown;
  readonly #kind: SharedKind;
  #f_count = 1;

  constructor(f_op: file_operations, private_data: unknown) {
    this.#kind = countOf(f_op);
    this.f_op = f_op;
    this.private_data = private_data;
  }

  /** References, from 1. */
  get f_count(): number {
    if (touches.on) touches.read(this.#kind);
    return this.#f_count;
  }

  /** Takes one more reference. Whoever does has one already, so it does not look at the count. */
  get(): void {
    if (touches.on) touches.add(this.#kind);
    this.#f_count++;
  }

  /** Drops a reference. True when it was the last one: the caller then has the file released. */
  put(): boolean {
    if (touches.on) touches.write(this.#kind);
    this.#f_count--;
    return this.#f_count === 0;
  }
}

/** Files that wait to be released. */
export const TASK_WORK: SharedKind = sharedKind("task work");

/** Takes a reference. */
export function get_file(file: File): File {
  file.get();
  return file;
}

/** Takes a reference unless the last one has gone already. @kernel fs/file.c get_file_active */
export function get_file_active(file: File | undefined): File | undefined {
  return file === undefined || file.f_count === 0 ? undefined : get_file(file);
}

/** Runs the release of a file that nobody refers to any more. */
export function* release(file: File): Task<void> {
  const { release, noted } = file.f_op;
  if (release === undefined) return;
  yield* noted?.release === true ? release(file) : unnoted(release(file));
}

/** Drops a reference; the last one runs the file's release. */
export function* fput(file: File): Task<void> {
  if (file.put()) yield* release(file);
}

/**
 * Drops a reference without running the release here: a last reference is put on `work`, which is done on the
 * way back to user space.
 *
 * @kernel fs/file_table.c fput
 */
export function fput_deferred(file: File, work: File[]): void {
  if (!file.put()) return;
  if (touches.on) touches.write(TASK_WORK);
  work.push(file);
}
