// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "./base/address.ts";
import { EBADF } from "./base/errno.ts";
import { Trace } from "./base/trace.ts";
import { PAS } from "./hw/granule-protection.ts";
import { Machine } from "./hw/machine.ts";
import type { BusFault } from "./hw/memory-bus.ts";
import type { RealmProgram } from "./hw/processor.ts";
import { auditKernel } from "./kernel/audit.ts";
import { DEFAULT_CONFIG, type KernelConfig } from "./kernel/config.ts";
import { installDeviceAssignment } from "./kernel/device-assignment.ts";
import { type Explanation, explainRmi, explainSyscall } from "./kernel/explain/explain.ts";
import { installShmem } from "./kernel/fs/shmem.ts";
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from "./kernel/fs/uapi.ts";
import { buildError } from "./kernel/iommufd/link.ts";
import { Kernel } from "./kernel/kernel.ts";
import { replacePrivateMemslotFault } from "./kernel/kvm/arm64/fault.ts";
import { installKvm } from "./kernel/kvm/dev-kvm.ts";
import { vcpuOfFile } from "./kernel/kvm/vcpu-file.ts";
import type { Process } from "./kernel/process.ts";
import { SyscallTasks } from "./kernel/syscall-tasks.ts";
import { Syscalls } from "./kernel/syscalls.ts";
import { type KernelVariant, resolveVariant } from "./kernel/variant.ts";
import { auditRmm } from "./rmm/audit.ts";
import { Rmm, smcRegisters } from "./rmm/rmm.ts";

/** First byte of DRAM: high enough that no guest address looks like a physical one. */
const DRAM_BASE = 0x8_8000_0000;
const DEFAULT_MEMORY = 16 * 2 ** 30;
/** Fewest pages a host can be made of, and most bytes: 2^31 pages, so that the number of a page is a small integer. */
const MIN_PAGES = 16;
const MAX_MEMORY = 2 ** 43;

/** What a host is to be. Everything may be left out. */
export interface BootOptions {
  /** DRAM in bytes, a multiple of 4096. Memory that nobody writes to costs nothing. @default 16 GiB */
  readonly memory?: number;
  /** Which kernel runs: a name, or a variant with functions of your own. @default "rfc-v1" */
  readonly kernel?: string | KernelVariant;
  /** How the kernel was built. @default arm64 with KVM, IOMMUFD and TSM built in */
  readonly config?: Partial<KernelConfig>;
  /** PCIe functions that can be assigned to a VM; each has a node under /dev/vfio/devices. @default 1 */
  readonly devices?: number;
}

/** The memory of a process, for filling in what embedded pointers point to. */
export class UserView {
  readonly #process: Process;
  readonly #sys: Syscalls;

  constructor(process: Process, sys: Syscalls) {
    this.#process = process;
    this.#sys = sys;
  }

  /** Maps zero-filled memory of at least `bytes` bytes and returns its address. */
  allocate(bytes: number): number {
    return this.#sys.mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }

  /** Copies bytes to memory of its own and returns their address. */
  place(bytes: Uint8Array): number {
    const address = this.allocate(Math.max(1, bytes.length));
    this.write(address, bytes);
    return address;
  }

  /** The bytes at an address. Throws where the program would get SIGSEGV or SIGBUS. */
  read(address: number, length: number): Uint8Array {
    const bytes = this.#process.mm.load(address, length);
    if (bytes === undefined)
      throw new RangeError(`no readable user memory at ${hex(address)}, ${length} bytes`);
    return bytes;
  }

  /** Stores bytes at an address. Throws where the program would get SIGSEGV or SIGBUS. */
  write(address: number, bytes: Uint8Array): void {
    if (!this.#process.mm.store(address, bytes)) {
      throw new RangeError(`no writable user memory at ${hex(address)}, ${bytes.length} bytes`);
    }
  }
}

/** A user process of the host: its system calls and its memory. */
export class HostProcess {
  readonly sys: Syscalls;
  readonly user: UserView;
  /** The kernel's record of it. */
  readonly task: Process;

  constructor(kernel: Kernel) {
    this.task = kernel.newProcess();
    this.sys = new Syscalls(new SyscallTasks(kernel, this.task));
    this.user = new UserView(this.task, this.sys);
  }

  /**
   * Is given a descriptor of another process, as SCM_RIGHTS on a socket does: both then stand for one open file.
   * Returns the descriptor here, or -EBADF, -EMFILE.
   */
  receive(from: HostProcess, fd: number): number {
    const file = from.task.fget(fd);
    if (file === undefined) return -EBADF;
    const received = this.task.fd_install(file);
    if (received < 0) file.put();
    return received;
  }
}

/**
 * A machine with firmware and a kernel, and one user process on it.
 *
 * @example
 * ```ts
 * const host = boot();
 * const kvm = host.sys.open("/dev/kvm");
 * host.sys.ioctl(kvm, KVM_GET_API_VERSION); // 12
 * ```
 */
export class Host {
  readonly machine: Machine;
  readonly rmm: Rmm;
  readonly kernel: Kernel;
  /** The kernel that was booted, by name. */
  readonly variant: KernelVariant;
  /** The first process. */
  readonly process: HostProcess;

  constructor(machine: Machine, rmm: Rmm, kernel: Kernel, variant: KernelVariant) {
    this.machine = machine;
    this.rmm = rmm;
    this.kernel = kernel;
    this.variant = variant;
    this.process = new HostProcess(kernel);
  }

  /** System calls of the first process. */
  get sys(): Syscalls {
    return this.process.sys;
  }

  /** Memory of the first process. */
  get user(): UserView {
    return this.process.user;
  }

  /** Everything that happens, for whoever listens. */
  get trace(): Trace {
    return this.machine.trace;
  }

  /** Starts another process, with its own files and memory. */
  newProcess(): HostProcess {
    return new HostProcess(this.kernel);
  }

  /**
   * Checks everything that must hold between system calls: each reference on a page or file has an owner, each
   * granule that is not the host's belongs to a live realm, each lock is free, the slots agree with their files.
   *
   * @returns one sentence for each thing that is wrong; an empty list means clean
   * @example
   * ```ts
   * host.audit(); // ["page 0x88_0012 has 1 reference that nobody owns"] after mapping a page twice
   * ```
   */
  audit(): string[] {
    return [...auditKernel(this.kernel), ...auditRmm(this.rmm)];
  }

  /**
   * What the host's kernel gets when it reads physical memory, 8 bytes at `pa`: the value, or the fault.
   *
   * @example
   * ```ts
   * host.readPhysical(0x8_8000_0000); // 0n, or "granule protection fault"
   * ```
   */
  readPhysical(pa: number): bigint | BusFault {
    const bytes = new Uint8Array(8);
    const fault = this.machine.bus.read(PAS.NonSecure, pa, bytes);
    return fault ?? new DataView(bytes.buffer).getBigUint64(0, true);
  }

  /**
   * Why the last system call of a process failed: the condition that it met, the sentence and the values. With
   * a register instead of a number: why the firmware refused the last command that it refused.
   *
   * @param ret what the call returned: a number from a system call, a bigint from `smc`
   * @param process who made the system call
   * @example
   * ```ts
   * const ret = tsmMap(vmm, device, 0x9000_0000, 0x9000_1000);
   * host.explain(ret); // -EINVAL ... because: a page of the range lies in no memory slot with a guest_memfd ...
   * ```
   */
  explain(ret?: number | bigint, process: HostProcess = this.process): Explanation {
    if (typeof ret === "bigint") return explainRmi(this.kernel, ret);
    return explainSyscall(this.kernel, process.task, ret);
  }

  /**
   * Makes a firmware call as the kernel would, with 64-bit registers. Registers that are not given are 0.
   *
   * @returns x0 to x4
   */
  smc(fid: number | bigint, ...x: bigint[]): bigint[] {
    return smcRegisters(this.rmm, fid, x);
  }

  /**
   * Gives the guest of a vCPU its program. In reality it comes with the guest's image.
   *
   * @param vcpuFd descriptor of the vCPU in the first process
   */
  loadGuest(vcpuFd: number, program: RealmProgram): void {
    const file = this.process.task.file(vcpuFd);
    const vcpu = file === undefined ? undefined : vcpuOfFile(file);
    if (vcpu === undefined) throw new TypeError(`descriptor ${vcpuFd} is no vCPU; KVM_CREATE_VCPU makes one`);
    vcpu.load(program);
  }
}

function checkOptions(options: BootOptions): void {
  const known = ["memory", "kernel", "config", "devices"];
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new RangeError(`boot knows no option "${name}"; it knows ${known.join(", ")}`);
  }
  const { memory, devices, config } = options;
  if (memory !== undefined && !isMemorySize(memory)) {
    throw new RangeError(
      `boot: memory is ${memory} bytes; it must be a multiple of ${PAGE_SIZE}, from ${MIN_PAGES} pages to 2^43 bytes`,
    );
  }
  if (devices !== undefined && !(Number.isInteger(devices) && devices >= 0 && devices <= 16)) {
    throw new RangeError(`boot: devices is ${devices}; it must be a whole number from 0 to 16`);
  }
  for (const [name, value] of Object.entries(config ?? {})) {
    const allowed = CONFIG_VALUES[name];
    if (allowed === undefined) throw new RangeError(`boot: there is no config option ${name} in this model`);
    if (!allowed.includes(value))
      throw new RangeError(`boot: ${name} is "${value}"; it can be ${allowed.join(" or ")}`);
  }
}

const CONFIG_VALUES: Readonly<Record<string, readonly string[]>> = {
  ARCH: ["arm64", "x86"],
  CONFIG_KVM: ["y", "n"],
  CONFIG_IOMMUFD: ["y", "m"],
  CONFIG_TSM: ["y", "m", "n"],
  KVM_RELEASE: ["2025", "2026"],
};

function isMemorySize(memory: number): boolean {
  return Number.isInteger(memory / PAGE_SIZE) && memory >= MIN_PAGES * PAGE_SIZE && memory <= MAX_MEMORY;
}

/**
 * Switches a machine on: hardware, firmware, kernel and one process. The same options give the same machine,
 * byte for byte. Throws a RangeError that says what is wrong with an impossible option.
 *
 * @example
 * ```ts
 * const host = boot({ memory: 256 * 4096, config: { CONFIG_TSM: "n" } });
 * ```
 */
export function boot(options: BootOptions = {}): Host {
  checkOptions(options);
  const variant = resolveVariant(options.kernel ?? "rfc-v1");
  const dramPages = (options.memory ?? DEFAULT_MEMORY) / PAGE_SIZE;
  const machine = new Machine({ dramBase: DRAM_BASE, dramPages, trace: new Trace() });
  const rmm = new Rmm(machine, { deviceAssignment: true });
  const kernel = new Kernel(machine, rmm, { ...DEFAULT_CONFIG, ...options.config });
  if (kernel.config.CONFIG_KVM === "y") installKvm(kernel);
  if (variant.private_memslot_fault !== undefined)
    replacePrivateMemslotFault(kernel, variant.private_memslot_fault);
  const broken = buildError(kernel.config);
  if (broken !== undefined) kernel.log.info(broken);
  installShmem(kernel);
  installDeviceAssignment(kernel, variant, options.devices ?? 1);
  return new Host(machine, rmm, kernel, variant);
}
