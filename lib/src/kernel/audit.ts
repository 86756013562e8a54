// SPDX-License-Identifier: MIT
import { hex, type Pfn, pfnToPa } from "../base/address.ts";
import { plural } from "../base/plural.ts";
import { type GranuleState, granuleStateName } from "../rmm/granules.ts";
import { File } from "./fs/file.ts";
import { shmem_file, shmemInode } from "./fs/shmem.ts";
import type { Kernel } from "./kernel.ts";
import { auditVm, ownVmPages } from "./kvm/audit-vm.ts";
import { gmemOf, KVM_GMEM_FOPS } from "./kvm/gmem-inode.ts";
import { Kvm } from "./kvm/kvm.ts";
import { Ledger } from "./ledger.ts";

/**
 * Checks the kernel between system calls: every reference on a page or a file has an owner, every granule that is
 * not the host's belongs to a live realm or device, every lock is free.
 *
 * @returns one sentence for each thing that is wrong; an empty list means clean
 */
export function auditKernel(kernel: Kernel): string[] {
  const ledger = ledgerOf(kernel);
  const findings: string[] = [];
  for (const vm of kernel.vm_list) if (vm instanceof Kvm) findings.push(...auditVm(vm, ledger.files.keys()));
  for (const part of kernel.audits) findings.push(...part.findings());
  findings.push(...auditVmids(kernel));
  findings.push(...auditFiles(kernel, ledger));
  findings.push(...auditPages(kernel, ledger));
  findings.push(...auditGranules(kernel, ledger));
  return findings;
}

/**
 * Enters everything that the kernel knows to be held.
 *
 * @param watched page whose holders are told one by one
 */
export function ledgerOf(kernel: Kernel, watched?: Pfn): Ledger {
  const ledger = new Ledger(watched);
  for (const part of kernel.audits) part.enter(ledger);
  for (const process of kernel.processes) {
    for (const fd of process.openFds()) ledger.ownFile(process.file(fd) as File);
    for (const file of process.mm.mappedFiles) if (file instanceof File) ledger.ownFile(file);
    process.mm.forEachAnonymousPage((address, pfn) =>
      ledger.ownPage(pfn, 1, () => `process ${process.pid} maps it at ${hex(address)}`),
    );
  }
  for (const file of ledger.files.keys()) ownCachedPages(file, ledger);
  for (const vm of kernel.vm_list) if (vm instanceof Kvm) ownVmPages(vm, ledger);
  return ledger;
}

/** The page cache behind a file holds one reference on each page. */
function ownCachedPages(file: File, ledger: Ledger): void {
  if (file.f_op.name === KVM_GMEM_FOPS) {
    gmemOf(file).inode.forEachPage((index, pfn) =>
      ledger.ownPage(pfn, 1, () => `page cache of a guest_memfd, page ${index}`),
    );
  } else if (shmem_file(file)) {
    for (const pfn of shmemInode(file).present())
      ledger.ownPage(pfn, 1, "page cache of a shared memory file");
  }
}

function auditVmids(kernel: Kernel): string[] {
  const used = new Set<number>();
  for (const vm of kernel.vm_list) if (vm instanceof Kvm) used.add(vm.arch.realm.vmid);
  return [...kernel.rme_vmid_bitmap]
    .filter((vmid) => !used.has(vmid))
    .map((vmid) => `VMID ${vmid} is taken, but no VM has it`);
}

function auditFiles(kernel: Kernel, ledger: Ledger): string[] {
  const findings = [...ledger.files]
    .filter(([file, owned]) => file.f_count !== owned)
    .map(([file, owned]) => `a file of ${file.f_op.name} has f_count ${file.f_count}, but ${owned} hold it`);
  if (kernel.taskWork.length > 0) findings.push(`${kernel.taskWork.length} files wait to be released`);
  return findings;
}

function auditPages(kernel: Kernel, ledger: Ledger): string[] {
  const findings: string[] = [];
  const unseen = new Map(ledger.pages);
  kernel.pages.forEachUsed((pfn, references) => {
    const owned = ledger.pages.get(pfn) ?? 0;
    unseen.delete(pfn);
    if (references > owned)
      findings.push(`${pageName(pfn)} has ${plural(references - owned, "reference")} that nobody owns`);
    if (references < owned)
      findings.push(`${pageName(pfn)} lacks ${plural(owned - references, "reference")}`);
  });
  for (const pfn of unseen.keys()) findings.push(`${pageName(pfn)} is in use although it is free`);
  return findings;
}

function auditGranules(kernel: Kernel, ledger: Ledger): string[] {
  const findings: string[] = [];
  kernel.rmm.state.granules.forEachInUse((pfn: Pfn, state: GranuleState) => {
    if (ledger.granules.has(pfn)) return;
    findings.push(
      `granule ${hex(pfnToPa(pfn))} is ${granuleStateName(state)}, but no live realm or device uses it`,
    );
  });
  return findings;
}

function pageName(pfn: Pfn): string {
  return `page ${hex(pfn)}`;
}
