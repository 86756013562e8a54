// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pa, paToPfn, pfnToPa } from "../../../base/address.ts";
import { EEXIST, EINVAL, ENOMEM, ENXIO } from "../../../base/errno.ts";
import { rmi_realm_params } from "../../../rmm/realm-params.ts";
import { RMI_SUCCESS } from "../../../rmm/status.ts";
import type { Kernel } from "../../kernel.ts";
import { NO_PAGE } from "../../mm/pages.ts";
import type { Kvm } from "../kvm.ts";
import {
  rmi_granule_delegate,
  rmi_granule_undelegate,
  rmi_realm_activate,
  rmi_realm_create,
  rmi_realm_destroy,
  rmi_rec_aux_count,
} from "./rmi-cmds.ts";
import { free_delegated_granule, get_start_level } from "./rtt-levels.ts";

/** VMIDs are 8 bits here; 0 is the host's. */
const VMIDS = 256;
/** Bit of the realm's flags that allows devices to be assigned. @spec RMM 1.1, RmiRealmFlags0.DA */
const RMI_REALM_FLAG_DA = 1 << 3;

function rme_vmid_reserve({ rme_vmid_bitmap }: Kernel): number {
  for (let vmid = 1; vmid < VMIDS; vmid++) {
    if (rme_vmid_bitmap.has(vmid)) continue;
    rme_vmid_bitmap.add(vmid);
    return vmid;
  }
  return -ENOMEM;
}

/**
 * Makes the realm: a page for its descriptor and the root tables go over to the realm world, and the firmware
 * builds the realm from the parameters page.
 *
 * Returns 0; -EEXIST when it is there already; -ENOMEM (no VMID, no page); -ENXIO when the firmware refuses, with
 * everything undone.
 *
 * @kernel arch/arm64/kvm/rme.c
 */
export function kvm_create_realm(kvm: Kvm): number {
  const { kernel } = kvm;
  const { realm } = kvm.arch;
  if (realm.state !== "NONE") return -EEXIST;
  const vmid = rme_vmid_reserve(kernel);
  if (vmid < 0) return vmid;
  realm.vmid = vmid;
  const result = realm_create_rd(kvm);
  if (result !== 0) {
    kernel.rme_vmid_bitmap.delete(vmid);
    realm.vmid = 0;
    return result;
  }
  realm.state = "NEW";
  return 0;
}

function realm_create_rd(kvm: Kvm): number {
  const { kernel } = kvm;
  const { realm, mmu } = kvm.arch;
  const page = kernel.pages.alloc_zeroed_page();
  if (page === NO_PAGE) return -ENOMEM;
  const rd = pfnToPa(page);
  if (rmi_granule_delegate(kernel, rd) !== RMI_SUCCESS) {
    kernel.pages.put_page(page);
    return -ENXIO;
  }
  let delegated = 0;
  while (delegated < mmu.pgd_pages) {
    if (rmi_granule_delegate(kernel, mmu.pgd_phys + delegated * PAGE_SIZE) !== RMI_SUCCESS) break;
    delegated++;
  }
  if (delegated === mmu.pgd_pages) {
    writeParams(kvm);
    if (rmi_realm_create(kernel, rd, pfnToPa(realm.params)) === RMI_SUCCESS) {
      realm.rd = rd;
      realm.ia_bits = mmu.ipa_bits;
      if (rmi_rec_aux_count(kernel, rd) === RMI_SUCCESS) {
        realm.num_aux = kernel.rmm.out.x1;
        return 0;
      }
      kernel.log.warn("realm_create_rd: the firmware refused RMI_REC_AUX_COUNT");
      rmi_realm_destroy(kernel, rd);
      realm.rd = 0 as Pa;
      realm.ia_bits = 0;
    }
  }
  undelegatePgd(kvm, delegated);
  free_delegated_granule(kernel, rd);
  return -ENXIO;
}

/** Gives the first `count` root tables back to the host; one that cannot come back is leaked. */
function undelegatePgd(kvm: Kvm, count: number): void {
  const { kernel } = kvm;
  const { mmu } = kvm.arch;
  for (let i = 0; i < count; i++) {
    const table = mmu.pgd_phys + i * PAGE_SIZE;
    if (rmi_granule_undelegate(kernel, table) !== RMI_SUCCESS) {
      kernel.log.warn("RMI_GRANULE_UNDELEGATE of a root table was refused, the page is leaked");
      kernel.pages.get_page(paToPfn(table));
    }
  }
}

function writeParams(kvm: Kvm): void {
  const { kernel } = kvm;
  const { realm, mmu } = kvm.arch;
  const page = kernel.machine.memory.bytes(realm.params);
  rmi_realm_params.set(page, "flags", RMI_REALM_FLAG_DA);
  rmi_realm_params.set(page, "s2sz", mmu.ipa_bits);
  rmi_realm_params.set(page, "num_bps", 1);
  rmi_realm_params.set(page, "num_wps", 1);
  rmi_realm_params.set(page, "vmid", realm.vmid);
  rmi_realm_params.set(page, "rtt_base", mmu.pgd_phys);
  rmi_realm_params.set(page, "rtt_level_start", get_start_level({ ...realm, ia_bits: mmu.ipa_bits }));
  rmi_realm_params.set(page, "rtt_num_start", mmu.pgd_pages);
}

/** Lets the realm run. Returns 0, -EINVAL unless it is NEW, -ENXIO when the firmware refuses. @kernel arch/arm64/kvm/rme.c */
export function kvm_activate_realm(kvm: Kvm): number {
  const { realm } = kvm.arch;
  if (realm.state !== "NEW") return -EINVAL;
  if (rmi_realm_activate(kvm.kernel, realm.rd) !== RMI_SUCCESS) return -ENXIO;
  realm.state = "ACTIVE";
  return 0;
}

/**
 * Ends the realm and gives its descriptor and root tables back to the host. If the firmware refuses, they stay
 * with it for good.
 *
 * @kernel arch/arm64/kvm/rme.c
 */
export function kvm_destroy_realm(kvm: Kvm): void {
  const { kernel } = kvm;
  const { realm, mmu } = kvm.arch;
  if (realm.params !== NO_PAGE) kernel.pages.put_page(realm.params);
  realm.params = NO_PAGE;
  if (realm.state === "NONE") return;
  realm.state = "DYING";
  if (rmi_realm_destroy(kernel, realm.rd) !== RMI_SUCCESS) {
    kernel.log.warn("kvm_destroy_realm: the firmware refused RMI_REALM_DESTROY, its memory is leaked");
    for (let i = 0; i < mmu.pgd_pages; i++) kernel.pages.get_page(paToPfn(mmu.pgd_phys + i * PAGE_SIZE));
    return;
  }
  kernel.rme_vmid_bitmap.delete(realm.vmid);
  free_delegated_granule(kernel, realm.rd);
  undelegatePgd(kvm, mmu.pgd_pages);
  realm.rd = 0 as Pa;
  realm.state = "DEAD";
}
