// SPDX-License-Identifier: MIT
import { expect, onTestFinished } from "vitest";
import { hex, type Pfn } from "../../lib/src/base/address.ts";
import { runStraight, type SchedulingPoint, type Task } from "../../lib/src/base/task.ts";
import { type BootOptions, boot, type Host } from "../../lib/src/boot.ts";
import { LAST_LEVEL } from "../../lib/src/hw/stage2.ts";
import { auditKernel } from "../../lib/src/kernel/audit.ts";
import type { File } from "../../lib/src/kernel/fs/file.ts";
import type { Kernel } from "../../lib/src/kernel/kernel.ts";
import { kvm_map_private_memory } from "../../lib/src/kernel/kvm/arm64/map-private-memory.ts";
import { gmemOf } from "../../lib/src/kernel/kvm/gmem-inode.ts";
import { Kvm } from "../../lib/src/kernel/kvm/kvm.ts";
import { auditRmm } from "../../lib/src/rmm/audit.ts";
import { RMI_RTT_READ_ENTRY } from "../../lib/src/rmm/fid.ts";
import { HIPAS } from "../../lib/src/rmm/rtt-entry.ts";

/** A kernel, alone or with its machine and user space. */
interface WithKernel {
  readonly kernel: Kernel;
}

const expectedFindings = new WeakMap<Kernel, readonly string[]>();

/** Audits a kernel and its firmware when the test ends: nothing may be wrong that `leaves` has not announced. */
export function auditAtEnd({ kernel }: WithKernel): void {
  onTestFinished(() => {
    const findings = [...auditKernel(kernel), ...auditRmm(kernel.rmm)];
    expect(findings, "the audit after the test").toEqual(expectedFindings.get(kernel) ?? []);
  });
}

/** Boots a host that is audited when the test ends. */
export function auditedHost(options: BootOptions = {}): Host {
  const host = boot(options);
  auditAtEnd(host);
  return host;
}

/** Announces what the audit at the end of the test must find: a leak that the real kernel has, too. */
export function leaves({ kernel }: WithKernel, findings: readonly string[]): void {
  expectedFindings.set(kernel, findings);
}

/** The kernel's own record of a VM, for functions that no system call reaches by itself. */
export function kvmOf(host: Host, vmFd: number): Kvm {
  const kvm = host.process.task.file(vmFd)?.private_data;
  if (!(kvm instanceof Kvm)) throw new TypeError(`descriptor ${vmFd} is no VM`);
  return kvm;
}

/** Calls `kvm_map_private_memory` as the ioctl of the patch does; addresses are bytes, end exclusive. */
export function mapPrivate(host: Host, vmFd: number, start: number, end: number): number {
  return runStraight(kvm_map_private_memory(kvmOf(host, vmFd), start, end));
}

/** What the audit says of a page with references that nobody owns. */
export function unowned(pfn: number, references = 1): string {
  return `page ${hex(pfn)} has ${references === 1 ? "1 reference" : `${references} references`} that nobody owns`;
}

/** The frame of a page of a guest_memfd, 0 if it has none there. */
export function pageOf(host: Host, gmemFd: number, index: number): Pfn {
  return gmemOf(host.process.task.file(gmemFd) as File).inode.pageAt(index);
}

/** What the realm's tables hold for a guest physical address (bytes) at level 3, asked of the firmware. */
export function rttEntry(
  host: Host,
  vmFd: number,
  ipa: number,
): { level: number; hipas: number; ripas: number } {
  const { rd } = kvmOf(host, vmFd).arch.realm;
  const [, level, hipas, , ripas] = host.smc(RMI_RTT_READ_ENTRY, BigInt(rd), BigInt(ipa), 3n).map(Number);
  return { level: level as number, hipas: hipas as number, ripas: ripas as number };
}

/** True when the realm has a page at a private address. */
export function isMapped(host: Host, vmFd: number, ipa: number): boolean {
  const { level, hipas } = rttEntry(host, vmFd, ipa);
  return level === LAST_LEVEL && hipas === HIPAS.ASSIGNED;
}

/** Runs a task up to a scheduling point that fits, and answers it; fails when the task ends before. */
export function stepTo<T>(task: Task<T>, fits: (point: SchedulingPoint) => boolean): SchedulingPoint {
  for (;;) {
    const step = task.next();
    if (step.done === true) throw new Error("the task ended before the point that was asked for");
    if (fits(step.value)) return step.value;
  }
}

/** Runs something with every scheduling point visible. */
export function preemptibly<T>(host: Host, run: () => T): T {
  host.kernel.scheduling.preemptible = true;
  try {
    return run();
  } finally {
    host.kernel.scheduling.preemptible = false;
  }
}

/** Lines of the kernel log that warn. */
export function warnings(host: Host): string[] {
  return host.kernel.log.lines.filter(({ level }) => level === "warning").map(({ text }) => text);
}
