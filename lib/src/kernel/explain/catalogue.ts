// SPDX-License-Identifier: MIT
import { ioctlName } from "../ioctl-names.ts";
import { badDescriptor, fileReasons, noIoctl } from "./file-reasons.ts";
import { iommufdDispatch, iommufdReasons } from "./iommufd-reasons.ts";
import { kvmReasons, vmDispatch } from "./kvm-reasons.ts";
import type { Reason } from "./reason.ts";
import { vfioReasons } from "./vfio-reasons.ts";

/** Reasons that ioctls on one kind of file share, before those of the command. */
const DISPATCH: Readonly<Record<string, readonly Reason[]>> = {
  iommufd_fops: iommufdDispatch,
  kvm_vm_fops: vmDispatch,
  kvm_vcpu_fops: vmDispatch,
};

/** A call of the catalogue with its reasons, in the order in which the kernel tests them. */
export interface CatalogueEntry {
  /** Name of the system call, or of the ioctl's command. */
  readonly call: string;
  readonly reasons: readonly Reason[];
}

/** What every system call of the catalogue can fail with and why: the errno catalogue. */
export const errnoCatalogue: readonly CatalogueEntry[] = [
  ...Object.entries(fileReasons).map(([call, reasons]) => ({ call, reasons })),
  ...Object.entries(kvmReasons).map(([call, reasons]) => ({
    call,
    reasons: [badDescriptor, noIoctl, ...vmDispatch, ...reasons],
  })),
  ...Object.entries(iommufdReasons).map(([call, reasons]) => ({
    call,
    reasons: [badDescriptor, noIoctl, ...iommufdDispatch, ...reasons],
  })),
  ...Object.entries(vfioReasons).map(([call, reasons]) => ({
    call,
    reasons: [badDescriptor, noIoctl, ...reasons],
  })),
];

/**
 * The reasons of one call, in the order of the kernel.
 *
 * @param name of the system call
 * @param command number of the ioctl
 * @param kind name of the file's operations
 */
export function reasonsOf(name: string, command: number, kind: string | undefined): readonly Reason[] {
  if (name !== "ioctl") return fileReasons[name] ?? [];
  const own = ioctlName(command);
  return [
    badDescriptor,
    noIoctl,
    ...(DISPATCH[kind ?? ""] ?? []),
    ...(iommufdReasons[own] ?? kvmReasons[own] ?? vfioReasons[own] ?? []),
  ];
}
