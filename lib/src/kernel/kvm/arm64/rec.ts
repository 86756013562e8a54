// SPDX-License-Identifier: MIT
import { type Pa, type Pfn, pfnToPa } from "../../../base/address.ts";
import { EBUSY, ENOENT, ENOMEM, ENXIO } from "../../../base/errno.ts";
import type { RealmProgram } from "../../../hw/processor.ts";
import { REC_FLAG_RUNNABLE, rmi_rec_params } from "../../../rmm/rec-params.ts";
import { RMI_SUCCESS } from "../../../rmm/status.ts";
import type { Kernel } from "../../kernel.ts";
import { NO_PAGE } from "../../mm/pages.ts";
import type { Kvm } from "../kvm.ts";
import { rmi_granule_delegate, rmi_rec_create, rmi_rec_destroy } from "./rmi-cmds.ts";
import { free_delegated_granule } from "./rtt-levels.ts";

/**
 * The realm side of a vCPU: the granules that the firmware keeps it in, and the page it talks through.
 *
 * @kernel arch/arm64/include/asm/kvm_rme.h struct realm_rec
 */
export interface realm_rec {
  /** Physical address of the REC granule; 0 before it exists. */
  rec_page: Pa;
  aux_pages: Pa[];
  /** Page of the run structure. */
  run: Pfn;
  mpidr: number;
}

/** A REC that was not made yet. MPIDR counts sixteen vCPUs in its lowest field. */
export function newRec(vcpu_id: number): realm_rec {
  return { rec_page: 0 as Pa, aux_pages: [], run: NO_PAGE, mpidr: (vcpu_id & 0xf) | ((vcpu_id >> 4) << 8) };
}

function delegatedPage(kernel: Kernel): Pa | number {
  const page = kernel.pages.alloc_zeroed_page();
  if (page === NO_PAGE) return -ENOMEM;
  if (rmi_granule_delegate(kernel, pfnToPa(page)) === RMI_SUCCESS) return pfnToPa(page);
  kernel.pages.put_page(page);
  return -ENXIO;
}

/**
 * Makes the REC of a vCPU from a granule and as many auxiliary ones as the firmware asks for.
 *
 * Returns 0; -ENOENT unless the realm is NEW; -EBUSY when it is there already; -ENOMEM; -ENXIO when the firmware
 * refuses, with everything undone.
 *
 * @kernel arch/arm64/kvm/rme.c
 */
export function kvm_create_rec(kvm: Kvm, rec: realm_rec, program: RealmProgram | undefined): number {
  const { kernel } = kvm;
  if (kvm.arch.realm.state !== "NEW") return -ENOENT;
  if (rec.run !== NO_PAGE) return -EBUSY;
  rec.run = kernel.pages.alloc_zeroed_page();
  if (rec.run === NO_PAGE) return -ENOMEM;
  const result = createGranules(kvm, rec);
  if (result !== 0) {
    freeGranules(kernel, rec);
    return result;
  }
  if (program !== undefined) kernel.machine.programs.set(rec.rec_page, program);
  return 0;
}

function createGranules(kvm: Kvm, rec: realm_rec): number {
  const { kernel } = kvm;
  const { realm } = kvm.arch;
  const page = delegatedPage(kernel);
  if (page < 0) return page;
  rec.rec_page = page as Pa;
  for (let i = 0; i < realm.num_aux; i++) {
    const aux = delegatedPage(kernel);
    if (aux < 0) return aux;
    rec.aux_pages.push(aux as Pa);
  }
  const params = kernel.pages.alloc_zeroed_page();
  if (params === NO_PAGE) return -ENOMEM;
  const bytes = rmi_rec_params({
    flags: REC_FLAG_RUNNABLE,
    mpidr: rec.mpidr,
    num_aux: rec.aux_pages.length,
    aux: rec.aux_pages,
  });
  kernel.machine.memory.bytes(params).set(bytes);
  const created = rmi_rec_create(kernel, realm.rd, rec.rec_page, pfnToPa(params));
  kernel.pages.put_page(params);
  return created === RMI_SUCCESS ? 0 : -ENXIO;
}

function freeGranules(kernel: Kernel, rec: realm_rec): void {
  for (const aux of rec.aux_pages) free_delegated_granule(kernel, aux);
  if (rec.rec_page !== 0) free_delegated_granule(kernel, rec.rec_page);
  if (rec.run !== NO_PAGE) kernel.pages.put_page(rec.run);
  rec.aux_pages = [];
  rec.rec_page = 0 as Pa;
  rec.run = NO_PAGE;
}

/** Frees the REC of a vCPU. What the firmware does not give back is leaked. @kernel arch/arm64/kvm/rme.c */
export function kvm_destroy_rec(kernel: Kernel, rec: realm_rec): void {
  if (rec.rec_page === 0) return;
  kernel.machine.programs.delete(rec.rec_page);
  if (rmi_rec_destroy(kernel, rec.rec_page) !== RMI_SUCCESS) {
    kernel.log.warn("kvm_destroy_rec: the firmware refused RMI_REC_DESTROY, its memory is leaked");
    return;
  }
  freeGranules(kernel, rec);
}

/** The bytes of the run page, for the host's side. */
export function runPage(kernel: Kernel, rec: realm_rec): Uint8Array {
  return kernel.machine.memory.bytes(rec.run);
}
