// SPDX-License-Identifier: MIT
import { type IoctlDescription, iommufdIoctls } from "./iommufd/ioctl-table.ts";
import * as iommufd from "./iommufd/uapi.ts";
import * as kvm from "./kvm/uapi.ts";
import * as vfio from "./vfio/uapi.ts";

/** Type bytes (bits 15:8 of a command number) of KVM, and of iommufd and VFIO, which share theirs. */
const TYPES: readonly number[] = [0xae, iommufd.IOMMUFD_TYPE];

const NAMES: ReadonlyMap<number, string> = new Map(
  [kvm, iommufd, vfio].flatMap((header) =>
    Object.entries(header).flatMap(([name, value]): [number, string][] =>
      typeof value === "number" && TYPES.includes((value >>> 8) & 0xff) ? [[value, name]] : [],
    ),
  ),
);

/**
 * Name of an ioctl command as the headers of KVM, iommufd and VFIO spell it; in hexadecimal when none knows it.
 *
 * @example
 * ```ts
 * ioctlName(0x3b97); // "IOMMU_VDEVICE_TSM_MAP"
 * ```
 */
export function ioctlName(command: number): string {
  return NAMES.get(command) ?? `0x${command.toString(16)}`;
}

/** What is known of an ioctl command: its number, and for `/dev/iommu` what the table of commands says of it. */
export type KnownIoctl = { readonly command: number } & Partial<IoctlDescription>;

/** An ioctl command by the name that the headers give it; `undefined` for what is none. */
export function ioctlOf(name: string): KnownIoctl | undefined {
  const row = iommufdIoctls.find((one) => one.name === name);
  if (row !== undefined) return row;
  const [command] = [...NAMES].find(([, known]) => known === name) ?? [];
  return command === undefined ? undefined : { command };
}
