// SPDX-License-Identifier: MIT
import { type Pa, paToPfn, pfnToPa } from "../../base/address.ts";
import { RMI_SUCCESS } from "../../rmm/status.ts";
import type { Kernel } from "../kernel.ts";
import { rmi_granule_delegate } from "../kvm/arm64/rmi-cmds.ts";
import { NO_PAGE } from "../mm/pages.ts";

/** No page has this address: there was no memory. */
export const NO_MEMORY: Pa = 0 as Pa;

/** A zeroed page's physical address (bytes), or `NO_MEMORY`. */
export function get_zeroed_page(kernel: Kernel): Pa {
  const pfn = kernel.pages.alloc_zeroed_page();
  return pfn === NO_PAGE ? NO_MEMORY : pfnToPa(pfn);
}

/** Gives a page back. */
export function free_page(kernel: Kernel, pa: Pa): void {
  kernel.pages.put_page(paToPfn(pa));
}

/** The bytes of a page of the host. */
export function hostPage(kernel: Kernel, pa: Pa): Uint8Array {
  return kernel.machine.memory.bytes(paToPfn(pa));
}

/** A page that was handed to the firmware; `NO_MEMORY` if there was none, or the firmware did not take it. */
export function allocDelegated(kernel: Kernel): Pa {
  const pa = get_zeroed_page(kernel);
  if (pa === NO_MEMORY) return NO_MEMORY;
  if (rmi_granule_delegate(kernel, pa) === RMI_SUCCESS) return pa;
  free_page(kernel, pa);
  return NO_MEMORY;
}
