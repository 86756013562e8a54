// SPDX-License-Identifier: MIT
import type { Kernel } from "../kernel.ts";

/**
 * How IOMMU_IOAS_MAP_FILE treats a guest_memfd, in kernels that take one. The kernel of the patch does not: only files
 * of ordinary memory can be pinned from, and it answers -EINVAL.
 */
export interface GmemUser {
  /** A reference for each page that a domain shows, or none: then nothing keeps the page from being freed. */
  readonly reference: "pin" | "none";
  /** Told by the file before pages go: it then takes them out of the domains. */
  readonly registered: boolean;
  /** What happens to pages that become private, where the file tells. */
  readonly onPrivate: "keep" | "drop";
}

const users = new WeakMap<Kernel, GmemUser>();

/** Lets a kernel map guest_memfds for devices. */
export function mapGuestMemfds(kernel: Kernel, user: GmemUser): void {
  users.set(kernel, user);
}

/** How a kernel maps guest_memfds for devices, if it does. */
export function gmemUserOf(kernel: Kernel): GmemUser | undefined {
  return users.get(kernel);
}
