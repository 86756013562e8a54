// SPDX-License-Identifier: MIT
import { EBADF, EMFILE } from "../base/errno.ts";
import { type SharedKind, sharedKind, touches } from "../base/footprint.ts";
import type { Task } from "../base/task.ts";
import { type File, fput, get_file, type task_struct } from "./fs/file.ts";
import type { UserMemory } from "./mm/user-memory.ts";

/** The system call that a process made last, for whoever asks why it failed. */
export interface LastCall {
  readonly name: string;
  readonly detail: Readonly<Record<string, string | number | bigint>>;
  readonly result: number;
  /** Argument of an ioctl: the bytes as they were before the call, or the value itself. */
  readonly argument: Uint8Array | bigint | number | undefined;
  /** Firmware commands that had been refused before the call. */
  readonly refusalsBefore: number;
}

/** Bytes of an argument that are kept; no structure of the uAPI is longer. */
export const MOST_ARGUMENT_BYTES = 4096;

/** Descriptors 0 to 2 are taken, as in a program that a shell started. */
const FIRST_FD = 3;

/** Entries of the tables of open files; parts are descriptors, of all processes alike. */
const OPEN_FILES: SharedKind = sharedKind("files_struct");
const SIGNALS: SharedKind = sharedKind("pending signals");
const FREE_DESCRIPTORS: SharedKind = sharedKind("free descriptors");

/** A user process: an address space and a table of open files. */
export class Process implements task_struct {
  readonly pid: number;
  readonly mm: UserMemory;
  readonly #files: (File | undefined)[] = [];
  /** Why the process was killed, once it was. */
  killed: string | undefined;
  #signal_pending = false;
  /** Descriptors lie below this number. @kernel RLIMIT_NOFILE */
  rlimit_nofile: number = 1 << 20;

  constructor(pid: number, mm: UserMemory) {
    this.pid = pid;
    this.mm = mm;
  }

  /** The last system call that returned. */
  lastCall: LastCall | undefined;
  /** A fatal signal that has arrived but was not acted on yet. */
  get signal_pending(): boolean {
    if (touches.on) touches.read(SIGNALS);
    return this.#signal_pending;
  }

  set signal_pending(pending: boolean) {
    if (touches.on) touches.write(SIGNALS);
    this.#signal_pending = pending;
  }

  /** Puts a file at the lowest free descriptor; the table takes over the caller's reference. */
  fd_install(file: File): number {
    let fd = FIRST_FD;
    while (this.#files[fd] !== undefined) fd++;
    if (touches.on) touches.write(FREE_DESCRIPTORS);
    if (fd >= this.rlimit_nofile) return -EMFILE;
    if (touches.on) touches.write(OPEN_FILES, fd);
    this.#files[fd] = file;
    return fd;
  }

  /** The open file, without a reference: only for the length of a call that keeps it open. */
  file(fd: number): File | undefined {
    noteDescriptor(fd);
    return this.#files[fd];
  }

  /** The open file with a reference of its own. */
  fget(fd: number): File | undefined {
    noteDescriptor(fd);
    const file = this.#files[fd];
    return file === undefined ? undefined : get_file(file);
  }

  *close_fd(fd: number): Task<number> {
    const file = this.#files[fd];
    noteDescriptor(fd);
    if (file === undefined) return -EBADF;
    if (touches.on) {
      touches.write(OPEN_FILES, fd);
      touches.write(FREE_DESCRIPTORS);
    }
    this.#files[fd] = undefined;
    yield* fput(file);
    return 0;
  }

  /** Gives up the address space and closes everything, in the order of the kernel's do_exit. */
  *exit(): Task<void> {
    yield* this.mm.removeAll();
    for (const fd of this.openFds()) yield* this.close_fd(fd);
  }

  /** Descriptors that are open, in ascending order. */
  openFds(): number[] {
    return this.#files.flatMap((file, fd) => (file === undefined ? [] : [fd]));
  }
}

function noteDescriptor(fd: number): void {
  if (touches.on && Number.isInteger(fd) && fd >= 0) touches.read(OPEN_FILES, fd);
}
