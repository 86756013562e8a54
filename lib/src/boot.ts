// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "./base/address.ts";
import { Trace } from "./base/trace.ts";
import { Machine } from "./hw/machine.ts";
import { DEFAULT_CONFIG, type KernelConfig } from "./kernel/config.ts";
import { Kernel } from "./kernel/kernel.ts";
import { installKvm } from "./kernel/kvm/dev-kvm.ts";
import type { Process } from "./kernel/process.ts";
import { SyscallTasks, Syscalls } from "./kernel/syscall.ts";
import { Rmm, smcRegisters } from "./rmm/rmm.ts";

export interface BootOptions {
  memory?: number;
  config?: Partial<KernelConfig>;
}
export interface Host { sys: Syscalls; kernel: Kernel; process: Process; machine: Machine; smc: (fid: bigint|number, ...args: bigint[]) => bigint[]; trace: Trace }
export function boot(options: BootOptions = {}): Host {
  const trace = new Trace();
  const machine = new Machine({ dramBase: 0x8_8000_0000, dramPages: (options.memory ?? 2 ** 34) / PAGE_SIZE, trace });
  const rmm = new Rmm(machine, { deviceAssignment: true });
  const kernel = new Kernel(machine, rmm, { ...DEFAULT_CONFIG, ...options.config });
  installKvm(kernel);
  const process = kernel.newProcess();
  return { sys: new Syscalls(new SyscallTasks(kernel, process)), kernel, process, machine, trace, smc: (fid, ...args) => smcRegisters(rmm, fid, args) };
}
