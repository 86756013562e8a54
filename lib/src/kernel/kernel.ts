// SPDX-License-Identifier: MIT
import { Scheduling } from "../base/task.ts";
import type { Trace } from "../base/trace.ts";
import type { Machine } from "../hw/machine.ts";
import type { Rmm } from "../rmm/rmm.ts";
import type { KernelConfig } from "./config.ts";
import { FaultInjection } from "./fault-injection.ts";
import type { File, file_operations } from "./fs/file.ts";
import type { AuditPart } from "./ledger.ts";
import { KernelLog } from "./log.ts";
import type { LockContext } from "./mm/locks.ts";
import { Pages } from "./mm/pages.ts";
import { UserMemory } from "./mm/user-memory.ts";
import { Process } from "./process.ts";

/** A file that can be opened by its path: what to do on open is the driver's business. */
export interface DeviceNode {
  readonly f_op: file_operations;
  /** Makes the private data of a new open file, or answers a negative errno. */
  readonly open: () => unknown;
}

/** The state that all of the kernel shares. */
export class Kernel implements LockContext {
  readonly machine: Machine;
  readonly rmm: Rmm;
  readonly trace: Trace;
  readonly config: KernelConfig;
  readonly scheduling: Scheduling = new Scheduling();
  readonly faults: FaultInjection = new FaultInjection();
  readonly log: KernelLog;
  readonly pages: Pages;
  /** VMIDs that realms use. @kernel arch/arm64/kvm/rme.c */
  readonly rme_vmid_bitmap: Set<number> = new Set();
  /** Files whose last reference went in the middle of a call; released when the call returns to user space. */
  readonly taskWork: File[] = [];
  /** Every VM that is alive. @kernel virt/kvm/kvm_main.c */
  readonly vm_list: Set<object> = new Set();
  /** What another design adds to this kernel's KVM, in the form that `kvm/extension-points.ts` gives it. */
  kvmExtensions: object | undefined;
  /** Parts of the kernel that an audit asks. */
  readonly audits: AuditPart[] = [];
  /** Every process that was started. */
  readonly processes: Process[] = [];
  /** What `open` finds, by path. */
  readonly nodes: Map<string, DeviceNode> = new Map();

  constructor(machine: Machine, rmm: Rmm, config: KernelConfig) {
    this.machine = machine;
    this.rmm = rmm;
    this.trace = machine.trace;
    this.config = config;
    this.log = new KernelLog(machine.trace);
    this.pages = new Pages(machine.bus, this.faults, this.log);
  }

  /** Starts a process with nothing mapped and nothing open. */
  newProcess(): Process {
    const mm = new UserMemory(this.machine.bus, this.pages, this.faults);
    const process = new Process(this.processes.length + 1, mm);
    this.processes.push(process);
    return process;
  }
}
