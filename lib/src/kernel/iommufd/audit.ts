// SPDX-License-Identifier: MIT
import type { Pfn } from "../../base/address.ts";
import { plural } from "../../base/plural.ts";
import type { Ledger } from "../ledger.ts";
import { iommufd_device } from "./device.ts";
import { iommufd_fault } from "./fault.ts";
import { iommufd_ioas } from "./ioas.ts";
import { type Iommufd, type iommufd_ctx, type iommufd_object, objectTypeName } from "./object-table.ts";
import type { iopt_pages } from "./pages.ts";
import { iommufd_viommu } from "./viommu.ts";

/**
 * Checks every count of every object between system calls: `users` must be 1 for the table, plus one for each object
 * that depends on it and each outsider; `wait_cnt` must be 1, plus one on a device for its vdevice.
 *
 * @returns one sentence for each count that is wrong and each lock that is held
 */
export function auditIommufd(iommufd: Iommufd): string[] {
  return [...iommufd.contexts].flatMap((ictx) => auditContext(ictx));
}

function auditContext(ictx: iommufd_ctx): string[] {
  const objects = ictx.objects.all();
  const expected = new Map<iommufd_object, number>(
    objects.map((object) => [object, 1 + object.outsideUsers]),
  );
  for (const holder of objects) {
    for (const held of holder.dependsOn()) expected.set(held, (expected.get(held) ?? 0) + 1);
  }
  const findings: string[] = [];
  for (const object of objects) {
    const name = `iommufd object ${object.id} (${objectTypeName(object.type)})`;
    const users = expected.get(object) ?? 0;
    if (object.users !== users) findings.push(`${name}: users is ${object.users}, but ${users} count on it`);
    const waits = object instanceof iommufd_device && object.vdev !== undefined ? 2 : 1;
    if (object.wait_cnt !== waits)
      findings.push(`${name}: wait_cnt is ${object.wait_cnt} instead of ${waits}`);
    if (object instanceof iommufd_device && object.igroup_lock.held)
      findings.push(`${name}: igroup->lock is held`);
  }
  if (ictx.file?.f_count === 0 && objects.length > 0)
    findings.push(`iommufd: a closed context still has ${plural(objects.length, "object")}`);
  return findings;
}

/** Enters what iommufd holds: its own file for each device and queue, the files of VMs, mapped files, pinned pages. */
export function ownIommufd(iommufd: Iommufd, ledger: Ledger): void {
  for (const ictx of iommufd.contexts) {
    for (const object of ictx.objects.all()) {
      if (ictx.file !== undefined && holdsContext(object)) ledger.ownFile(ictx.file);
      if (object instanceof iommufd_viommu && object.kvm_filp !== undefined) ledger.ownFile(object.kvm_filp);
    }
    for (const { source } of memoryOf(ictx))
      if (source.type === "IOPT_ADDRESS_FILE") ledger.ownFile(source.file);
  }
  for (const [pfn, count] of iommufdPins(iommufd)) ledger.ownPage(pfn, count, "iommufd: pinned for an IOAS");
}

/** A device that is bound, and a fault queue whose file is open, keep the context's file open. */
function holdsContext(object: iommufd_object): boolean {
  return object instanceof iommufd_device || (object instanceof iommufd_fault && object.opened);
}

/** The references that I/O address spaces hold on pages: how many on each. */
export function iommufdPins(iommufd: Iommufd): Map<Pfn, number> {
  const pins = new Map<Pfn, number>();
  for (const pages of [...iommufd.contexts].flatMap((ictx) => [...memoryOf(ictx)])) {
    for (const pfn of pages.pinnedPages()) pins.set(pfn, (pins.get(pfn) ?? 0) + 1);
  }
  return pins;
}

/** The memory that the spaces of a context show. Several areas may show the same, which is held and pinned once. */
function memoryOf(ictx: iommufd_ctx): Set<iopt_pages> {
  const spaces = ictx.objects
    .all()
    .filter((object): object is iommufd_ioas => object instanceof iommufd_ioas);
  return new Set(spaces.flatMap((ioas) => ioas.iopt.allPages()));
}
