// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { boot, type Host } from "../../boot.ts";
import type { RealmProgram } from "../../hw/processor.ts";
import { KVM_RUN, kvm_run } from "../../kernel/kvm/uapi.ts";
import { Vmm } from "../../user/vmm.ts";

/** First private address of the realm's memory in bytes, and what is added to it for the shared alias. */
export const PRIVATE = 0x8000_0000;
export const ALIAS: number = 2 ** 39;

/** A realm of four pages with one vCPU; its memory is private, or shared by attribute. */
export function realmWithGuest(program: RealmProgram, shared = false): Vmm {
  const vmm = new Vmm(boot({ memory: 256 * PAGE_SIZE }));
  vmm.createVm();
  vmm.addMemory({ gpa: PRIVATE, size: 4 * PAGE_SIZE, shared });
  vmm.addVcpu(program);
  vmm.createRealm();
  vmm.finalizeVcpus();
  vmm.activate();
  return vmm;
}

/** What one KVM_RUN came to. */
export interface RunExit {
  readonly result: number;
  readonly exit_reason: number;
  /** What the memory-fault exit says, in bytes. */
  readonly gpa: bigint;
  readonly size: bigint;
  readonly flags: bigint;
}

/** Runs the first vCPU once, and reads the page that it shares with the VMM. */
export function runOnce(vmm: Vmm): RunExit {
  const vcpu = vmm.vcpus[0];
  if (vcpu === undefined) throw new Error("the VMM has no vCPU");
  const result = vmm.host.sys.ioctl(vcpu.fd, KVM_RUN);
  const page = kvm_run.decode(vmm.host.user.read(vcpu.run, kvm_run.byteLength));
  return {
    result,
    exit_reason: page.exit_reason,
    gpa: page.memory_fault_gpa,
    size: page.memory_fault_size,
    flags: page.memory_fault_flags,
  };
}

/**
 * Does something with a signal that comes when KVM maps private memory for the `laps`-th time, so that a guest that
 * faults for ever comes back.
 */
export function withSignal(host: Host, laps: number, run: () => void): void {
  const { task } = host.process;
  let left = laps;
  const stop = host.trace.listen(({ name }) => {
    if (name === "realm_map_ipa" && --left === 0) task.signal_pending = true;
  });
  try {
    run();
  } finally {
    stop();
    task.signal_pending = false;
  }
}
