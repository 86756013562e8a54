// SPDX-License-Identifier: MIT
import { expect, onTestFinished } from "vitest";
import { runStraight } from "../../lib/src/base/task.ts";
import { type BootOptions, boot, type Host } from "../../lib/src/boot.ts";
import { kvm_map_private_memory } from "../../lib/src/kernel/kvm/arm64/map-private-memory.ts";
import { Kvm } from "../../lib/src/kernel/kvm/kvm.ts";

const expectedFindings = new WeakMap<Host, readonly string[]>();

/** Boots a host and audits it when the test ends: nothing may be wrong that `leaves` has not announced. */
export function auditedHost(options: BootOptions = {}): Host {
  const host = boot(options);
  onTestFinished(() => expect(host.audit()).toEqual(expectedFindings.get(host) ?? []));
  return host;
}

/** Announces what the audit at the end of the test must find: a leak that the real kernel has, too. */
export function leaves(host: Host, findings: readonly string[]): void {
  expectedFindings.set(host, findings);
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
