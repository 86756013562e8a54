// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn } from "../../base/address.ts";
import { FALLOC_FL_KEEP_SIZE } from "../../kernel/fs/uapi.ts";
import type { GmemInode } from "../../kernel/kvm/gmem-inode.ts";
import { NO_PAGE } from "../../kernel/mm/pages.ts";
import { must, type Vmm } from "../../user/vmm.ts";
import { openGmems } from "../../view/find.ts";
import { vmWithSlots } from "./memslot-labs.ts";

/** First guest address of the slot in bytes. */
export const SLOT_GPA = 0x8000_0000;
/** Pages of the file, and where in it the slot begins and how long it is. */
export const FILE = { pages: 8, slotFrom: 2, slotPages: 4 } as const;

/** A slot of four pages in the middle of a guest_memfd of eight; the first `allocated` pages of the file exist. */
export function vmWithFile(allocated: number): Vmm {
  const vmm = vmWithSlots(FILE.pages, [
    { slot: 0, gpa: SLOT_GPA, pages: FILE.slotPages, filePage: FILE.slotFrom },
  ]);
  const fd = vmm.memory[0]?.guestMemfd ?? -1;
  if (allocated > 0)
    must("fallocate", vmm.host.sys.fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, allocated * PAGE_SIZE));
  return vmm;
}

/** The inode of the lab's guest_memfd; `undefined` once it is closed. */
export function inodeOf(vmm: Vmm): GmemInode | undefined {
  return openGmems(vmm.host)[0]?.gmem.inode;
}

/** The page of a file, which must exist. */
export function pageOf(inode: GmemInode | undefined, index: number): Pfn {
  const page = inode?.pageAt(index) ?? NO_PAGE;
  if (page === NO_PAGE) throw new Error(`page ${index} of the guest_memfd is not there`);
  return page;
}

/** The pages of the file that exist, by index; none once it is closed. */
export function allocatedPages(vmm: Vmm): number[] {
  const pages: number[] = [];
  inodeOf(vmm)?.forEachPage((index) => pages.push(index));
  return pages;
}
