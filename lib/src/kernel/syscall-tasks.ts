// SPDX-License-Identifier: MIT
import { isAligned, PAGE_SIZE } from "../base/address.ts";
import {
  EBADF,
  EFAULT,
  EFBIG,
  EINTR,
  EINVAL,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENOTTY,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
  ESPIPE,
} from "../base/errno.ts";
import { type SharedKind, sharedKind, touches } from "../base/footprint.ts";
import { type Task, unnoted } from "../base/task.ts";
import { File, type FileMapping, fput, type IoctlArgument, release, TASK_WORK } from "./fs/file.ts";
import {
  FALLOC_FL_COLLAPSE_RANGE,
  FALLOC_FL_INSERT_RANGE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_UNSHARE_RANGE,
  FALLOC_FL_ZERO_RANGE,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  PROT_READ,
  PROT_WRITE,
  stat,
} from "./fs/uapi.ts";
import type { Kernel } from "./kernel.ts";
import { KernelOops } from "./log.ts";
import { bytesPointer, TASK_SIZE } from "./mm/user-memory.ts";
import { MOST_ARGUMENT_BYTES, type Process } from "./process.ts";

/**
 * What a system call "returns" to a process that was killed, or that hangs for good. A real process never sees the
 * end of such a call, so this is no errno: it lies below the range of error numbers.
 */
export const KILLED = -4096;

/** Whether a process is still there. */
const PROCESS: SharedKind = sharedKind("process");
/** Calls that note what they touch, or leave that to the file. */
const NOTED: ReadonlySet<string> = new Set(["close", "ioctl", "fallocate"]);

/** What `fallocate` can be asked to do, and whether FALLOC_FL_KEEP_SIZE must be there: one thing at a time. */
const FALLOCATE_MODES: ReadonlyMap<number, boolean | "either"> = new Map<number, boolean | "either">([
  [0, "either"],
  [FALLOC_FL_PUNCH_HOLE, true],
  [FALLOC_FL_COLLAPSE_RANGE, false],
  [FALLOC_FL_ZERO_RANGE, "either"],
  [FALLOC_FL_INSERT_RANGE, false],
  [FALLOC_FL_UNSHARE_RANGE, "either"],
]);

/** An argument of 64 bits. A number that is not whole fits no register: the call answers -EINVAL. */
export type Word = bigint | number;

/** The value that the kernel finds in a register, taken as signed. */
function register(value: Word): bigint | undefined {
  if (typeof value === "number" && !Number.isInteger(value)) return undefined;
  return BigInt.asIntN(64, BigInt(value));
}

// biome-ignore lint/correctness/useYield: it stands in for a call, which is a task.
function* refuse(errno: number): Task<number> {
  return -errno;
}

/** Address of an argument that is given as bytes, to a command that takes it for a number: not one that it knows. */
const SOMEWHERE = TASK_SIZE - PAGE_SIZE;

/** Largest file offset. @kernel MAX_LFS_FILESIZE */
const S_MAXBYTES = (1n << 63n) - 1n;

/**
 * The system calls of one process, each a task, so that several processes can be interleaved. `Syscalls`
 * runs the same tasks straight through.
 */
export class SyscallTasks {
  readonly #kernel: Kernel;
  readonly #process: Process;

  constructor(kernel: Kernel, process: Process) {
    this.#kernel = kernel;
    this.#process = process;
  }

  open(path: string): Task<number> {
    return this.#guarded("open", { path }, this.#open(path));
  }

  close(fd: number): Task<number> {
    return this.#guarded("close", { fd }, this.#process.close_fd(fd));
  }

  ioctl(fd: number, command: number, argument?: Uint8Array | Word): Task<number> {
    const given = argument instanceof Uint8Array ? argument.slice(0, MOST_ARGUMENT_BYTES) : argument;
    return this.#guarded("ioctl", { fd, command }, this.#ioctl(fd, command, argument), given);
  }

  fallocate(fd: number, mode: number, offset: Word, length: Word): Task<number> {
    const [from, bytes] = [register(offset), register(length)];
    if (from === undefined || bytes === undefined) return this.#guarded("fallocate", { fd }, refuse(EINVAL));
    const detail = { fd, mode, offset: from, length: bytes };
    return this.#guarded("fallocate", detail, this.#fallocate(fd, mode, from, bytes));
  }

  ftruncate(fd: number, length: Word): Task<number> {
    const bytes = register(length);
    if (bytes === undefined) return this.#guarded("ftruncate", { fd }, refuse(EINVAL));
    return this.#guarded("ftruncate", { fd, length: bytes }, this.#ftruncate(fd, bytes));
  }

  fchmod(fd: number, mode: number): Task<number> {
    return this.#guarded("fchmod", { fd, mode }, this.#fchmod(fd, mode));
  }

  fstat(fd: number, into?: Uint8Array | number): Task<number> {
    return this.#guarded("fstat", { fd }, this.#fstat(fd, into));
  }

  mmap(
    address: Word,
    length: Word,
    protection: number,
    flags: number,
    fd: number,
    offset: Word,
  ): Task<number> {
    const [at, bytes, from] = [register(address), register(length), register(offset)];
    if (at === undefined || bytes === undefined || from === undefined)
      return this.#guarded("mmap", { fd }, refuse(EINVAL));
    const detail = { address: at, length: bytes, protection, flags, fd, offset: from };
    return this.#guarded("mmap", detail, this.#mmap(at, bytes, protection, flags, fd, from));
  }

  munmap(address: Word, length: Word): Task<number> {
    const [at, bytes] = [register(address), register(length)];
    if (at === undefined || bytes === undefined) return this.#guarded("munmap", {}, refuse(EINVAL));
    return this.#guarded("munmap", { address: at, length: bytes }, this.#munmap(Number(at), bytes));
  }

  read(fd: number, into: Uint8Array): Task<number> {
    return this.#guarded("read", { fd, length: into.length }, this.#read(fd, into));
  }

  write(fd: number, from: Uint8Array): Task<number> {
    return this.#guarded("write", { fd, length: from.length }, this.#write(fd, from));
  }

  pread(fd: number, into: Uint8Array, offset: Word): Task<number> {
    const detail = { fd, length: into.length };
    return this.#guarded("pread", detail, this.#positioned(fd, "read", register(offset)));
  }

  pwrite(fd: number, from: Uint8Array, offset: Word): Task<number> {
    const detail = { fd, length: from.length };
    return this.#guarded("pwrite", detail, this.#positioned(fd, "write", register(offset)));
  }

  /** The end of the process: everything it has open is closed. */
  exit(): Task<number> {
    return this.#guarded("exit", {}, this.#exit());
  }

  /** Notes that a call of this process will never return. */
  hang(reason: string): number {
    this.#process.killed = `hung: ${reason}`;
    this.#kernel.log.warn(`a process ${reason}`);
    return KILLED;
  }

  /** Turns an oops inside a call into the end of the process, and tells the trace of the call. */
  *#guarded(
    name: string,
    detail: Record<string, string | number | bigint>,
    call: Task<number>,
    argument?: Uint8Array | Word,
  ): Task<number> {
    if (touches.on) touches.read(PROCESS);
    if (this.#process.killed !== undefined) return KILLED;
    const refusalsBefore = this.#kernel.rmm.state.refusals;
    let result: number;
    try {
      result = yield* NOTED.has(name) ? call : unnoted(call);
      yield* this.#task_work_run();
    } catch (error) {
      if (!(error instanceof KernelOops)) throw error;
      if (touches.on) touches.write(PROCESS);
      this.#process.killed = error.message;
      this.#kernel.log.oops(error.message);
      result = KILLED;
    }
    this.#process.lastCall = { name, detail, result, argument, refusalsBefore };
    if (this.#kernel.trace.on) this.#kernel.trace.emit({ kind: "syscall", name, detail, result });
    return result;
  }

  /** Releases what lost its last reference during the call. @kernel kernel/task_work.c */
  *#task_work_run(): Task<void> {
    const { taskWork } = this.#kernel;
    if (touches.on) touches.read(TASK_WORK);
    for (let file = taskWork.shift(); file !== undefined; file = taskWork.shift()) {
      if (touches.on) touches.write(TASK_WORK);
      yield* release(file);
      if (touches.on) touches.read(TASK_WORK);
    }
  }

  *#open(path: string): Task<number> {
    const node = this.#kernel.nodes.get(path);
    if (node === undefined) return -ENOENT;
    const opened = node.open();
    if (typeof opened === "number") return opened;
    const file = new File(node.f_op, opened);
    const fd = this.#process.fd_install(file);
    if (fd < 0) yield* fput(file);
    return fd;
  }

  *#ioctl(fd: number, command: number, argument: Uint8Array | Word | undefined): Task<number> {
    const file = this.#process.fget(fd);
    if (file === undefined) return -EBADF;
    const result = yield* this.#vfs_ioctl(file, command >>> 0, argument);
    yield* fput(file);
    return result;
  }

  *#vfs_ioctl(file: File, command: number, argument: Uint8Array | Word | undefined): Task<number> {
    const { ioctl, noted } = file.f_op;
    if (ioctl === undefined) return -ENOTTY;
    const call = ioctl(file, this.#process, command, this.#argument(argument));
    return yield* noted?.commands?.has(command) === true ? call : unnoted(call);
  }

  #argument(argument: Uint8Array | Word | undefined): IoctlArgument {
    if (typeof argument === "object")
      return { value: SOMEWHERE, pointer: bytesPointer(argument, this.#kernel.faults) };
    const value = Number(argument ?? 0);
    // Address 0 is never mapped, so a missing argument is a bad pointer; -1 is one as well.
    return { value, pointer: this.#process.mm.at(Number.isInteger(value) ? value : -1) };
  }

  *#fallocate(fd: number, mode: number, offset: bigint, length: bigint): Task<number> {
    const file = this.#process.fget(fd);
    if (file === undefined) return -EBADF;
    const result = yield* this.#vfs_fallocate(file, mode, offset, length);
    yield* fput(file);
    return result;
  }

  /** @kernel fs/open.c vfs_fallocate */
  *#vfs_fallocate(file: File, mode: number, offset: bigint, length: bigint): Task<number> {
    if (offset < 0n || length <= 0n) return -EINVAL;
    const keepsSize = FALLOCATE_MODES.get(mode & ~FALLOC_FL_KEEP_SIZE);
    if (keepsSize === undefined) return -EOPNOTSUPP;
    if (keepsSize !== "either" && keepsSize !== ((mode & FALLOC_FL_KEEP_SIZE) !== 0)) return -EOPNOTSUPP;
    if (file.f_op.regular !== true) return -ENODEV;
    if (offset + length > S_MAXBYTES) return -EFBIG;
    if (file.f_op.fallocate === undefined) return -EOPNOTSUPP;
    const call = file.f_op.fallocate(file, this.#process, mode, offset, length);
    return yield* file.f_op.noted?.fallocate === true ? call : unnoted(call);
  }

  *#ftruncate(fd: number, length: bigint): Task<number> {
    if (length < 0n) return -EINVAL;
    const file = this.#process.fget(fd);
    if (file === undefined) return -EBADF;
    const result = file.f_op.ftruncate === undefined ? -EINVAL : yield* file.f_op.ftruncate(file, length);
    yield* fput(file);
    return result;
  }

  /** The owner of a file may change its mode if the file system lets it; everything else belongs to root. */
  *#fchmod(fd: number, mode: number): Task<number> {
    const file = this.#process.fget(fd);
    if (file === undefined) return -EBADF;
    const result = file.f_op.fchmod === undefined ? -EPERM : file.f_op.fchmod(file, mode & 0o7777);
    yield* fput(file);
    return result;
  }

  *#fstat(fd: number, into: Uint8Array | number | undefined): Task<number> {
    const file = this.#process.fget(fd);
    if (file === undefined) return -EBADF;
    const bytes = stat({ st_nlink: 1, ...file.f_op.stat?.(file) });
    const copied = this.#argument(into).pointer.write(0, bytes);
    yield* fput(file);
    return copied ? 0 : -EFAULT;
  }

  *#mmap(
    addressWord: bigint,
    lengthWord: bigint,
    protection: number,
    flags: number,
    fd: number,
    offsetWord: bigint,
  ): Task<number> {
    const mm = this.#process.mm;
    if (offsetWord % BigInt(PAGE_SIZE) !== 0n) return -EINVAL;
    const anonymous = (flags & MAP_ANONYMOUS) !== 0;
    if (!anonymous && this.#process.file(fd) === undefined) return -EBADF;
    if (this.#isInterruptedAtMmapLock()) return -EINTR;
    const length = Number(BigInt.asUintN(64, lengthWord));
    if (length === 0) return -EINVAL;
    const shared = (flags & MAP_SHARED) !== 0;
    if (shared === ((flags & MAP_PRIVATE) !== 0)) return -EINVAL;
    const size = Math.ceil(length / PAGE_SIZE) * PAGE_SIZE;
    const fixed = (flags & MAP_FIXED) !== 0;
    const address = Number(addressWord);
    if (fixed && !isAligned(address, PAGE_SIZE)) return -EINVAL;
    if (fixed && !mm.access_ok(address, size)) return -ENOMEM;
    const start = fixed ? address : mm.get_unmapped_area(size);
    if (start < 0) return start;
    const rights = { readable: (protection & PROT_READ) !== 0, writable: (protection & PROT_WRITE) !== 0 };

    if (anonymous) {
      // A fixed mapping takes the place of whatever was there.
      if (fixed && (yield* mm.remove(start, size)) < 0) return -EINVAL;
      const result = mm.addAnonymous(start, size, rights);
      return result < 0 ? result : start;
    }
    // An offset is unsigned: what looks negative lies past every file.
    if (offsetWord < 0n) return -EOVERFLOW;
    const offset = Number(offsetWord);
    const file = this.#process.fget(fd);
    if (file === undefined) return -EBADF;
    const mapping = file.f_op.mmap === undefined ? -ENODEV : file.f_op.mmap(file, size, offset, shared);
    if (typeof mapping === "number") {
      yield* fput(file);
      return mapping;
    }
    if (fixed && (yield* mm.remove(start, size)) < 0) {
      mapping.close();
      yield* fput(file);
      return -EINVAL;
    }
    // The mapping keeps the file open, as a vm_area_struct does.
    function* close(): Task<void> {
      (mapping as FileMapping).close();
      yield* fput(file as File);
    }
    const added = mm.add({
      vm_start: start,
      vm_end: start + size,
      ...rights,
      fault: mapping.fault,
      vm_file: file,
      close,
    });
    if (added === 0) return start;
    yield* close();
    return added;
  }

  /**
   * Nobody else holds a process's mmap_lock here, so only fault injection ends the wait for it: with a signal that
   * kills, as the real one would.
   *
   * @kernel include/linux/mmap_lock.h mmap_write_lock_killable
   */
  #isInterruptedAtMmapLock(): boolean {
    return this.#kernel.faults.hit("lock");
  }

  *#munmap(address: number, lengthWord: bigint): Task<number> {
    const { mm } = this.#process;
    if (this.#isInterruptedAtMmapLock()) return -EINTR;
    const length = Number(BigInt.asUintN(64, lengthWord));
    if (!isAligned(address, PAGE_SIZE) || length === 0 || !mm.access_ok(address, length)) return -EINVAL;
    return yield* mm.remove(address, Math.ceil(length / PAGE_SIZE) * PAGE_SIZE);
  }

  *#read(fd: number, into: Uint8Array): Task<number> {
    const file = this.#process.fget(fd);
    if (file === undefined) return -EBADF;
    const result = file.f_op.read === undefined ? -EINVAL : file.f_op.read(file, into);
    yield* fput(file);
    return result;
  }

  *#write(fd: number, from: Uint8Array): Task<number> {
    const file = this.#process.fget(fd);
    if (file === undefined) return -EBADF;
    const result =
      file.f_op.write === undefined ? -EINVAL : yield* file.f_op.write(file, this.#process, from);
    yield* fput(file);
    return result;
  }

  /** No kind of file here can be read or written at a position: some cannot be at all, the others are streams. */
  *#positioned(fd: number, way: "read" | "write", offset: bigint | undefined): Task<number> {
    if (offset === undefined || offset < 0n) return -EINVAL;
    const file = this.#process.fget(fd);
    if (file === undefined) return -EBADF;
    const result = file.f_op[way] === undefined ? -EINVAL : -ESPIPE;
    yield* fput(file);
    return result;
  }

  *#exit(): Task<number> {
    yield* this.#process.exit();
    this.#process.killed = "exited";
    return 0;
  }
}
