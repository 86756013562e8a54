// SPDX-License-Identifier: MIT
import { DeadlockError, runStraight, type Task } from "../base/task.ts";
import type { SyscallTasks, Word } from "./syscall-tasks.ts";

/**
 * The system calls of one process. Each runs to its end before it returns: a result, or a negative errno.
 *
 * @example
 * ```ts
 * const fd = host.sys.open("/dev/iommu");
 * host.sys.ioctl(fd, IOMMU_IOAS_ALLOC, bytes); // 0, and bytes holds the answer
 * ```
 */
export class Syscalls {
  /** The same calls as tasks, for interleaving. */
  readonly tasks: SyscallTasks;

  constructor(tasks: SyscallTasks) {
    this.tasks = tasks;
  }

  /** A call that waits for what only another task could do never returns: the process hangs for good. */
  #run(call: Task<number>): number {
    try {
      return runStraight(call);
    } catch (error) {
      if (!(error instanceof DeadlockError)) throw error;
      return this.tasks.hang(error.message);
    }
  }

  /** Opens a device or attribute by its path. Returns a descriptor, or -ENOENT. */
  open(path: string): number {
    return this.#run(this.tasks.open(path));
  }

  /** Closes a descriptor. Returns 0 or -EBADF. */
  close(fd: number): number {
    return this.#run(this.tasks.close(fd));
  }

  /**
   * Bytes are the user memory from the pointer on: answers are written back into them, and an access past their
   * end is a fault. A number is the argument itself, an address or a plain value. None is a bad pointer.
   */
  ioctl(fd: number, command: number, argument?: Uint8Array | Word): number {
    return this.#run(this.tasks.ioctl(fd, command, argument));
  }

  /** Offset and length are bytes. */
  fallocate(fd: number, mode: number, offset: Word, length: Word): number {
    return this.#run(this.tasks.fallocate(fd, mode, offset, length));
  }

  ftruncate(fd: number, length: Word): number {
    return this.#run(this.tasks.ftruncate(fd, length));
  }

  /** Returns 0, or the errno with which the file refuses; -EPERM for what belongs to root. */
  fchmod(fd: number, mode: number): number {
    return this.#run(this.tasks.fchmod(fd, mode));
  }

  /** Fills in a `struct stat` (128 bytes); `stat.decode(bytes)` reads it. */
  fstat(fd: number, into?: Uint8Array | number): number {
    return this.#run(this.tasks.fstat(fd, into));
  }

  /** Maps a file, or zero-filled memory with MAP_ANONYMOUS. Returns the address. */
  mmap(address: Word, length: Word, protection: number, flags: number, fd: number, offset: Word): number {
    return this.#run(this.tasks.mmap(address, length, protection, flags, fd, offset));
  }

  /** Returns 0; -EINVAL for a bad range, and for one that would cut a mapping in two (simplified: Linux splits it). */
  munmap(address: Word, length: Word): number {
    return this.#run(this.tasks.munmap(address, length));
  }

  /** Reads into the bytes; returns how many. */
  read(fd: number, into: Uint8Array): number {
    return this.#run(this.tasks.read(fd, into));
  }

  /** Writes the bytes; returns how many. */
  write(fd: number, from: Uint8Array): number {
    return this.#run(this.tasks.write(fd, from));
  }

  /** Reads from a position; -EINVAL where a file cannot be read, -ESPIPE where it has no positions. */
  pread(fd: number, into: Uint8Array, offset: Word): number {
    return this.#run(this.tasks.pread(fd, into, offset));
  }

  /** Writes at a position; -EINVAL where a file cannot be written, -ESPIPE where it has no positions. */
  pwrite(fd: number, from: Uint8Array, offset: Word): number {
    return this.#run(this.tasks.pwrite(fd, from, offset));
  }

  /** Ends the process: closes its files and gives up its memory. */
  exit(): number {
    return this.#run(this.tasks.exit());
  }
}
