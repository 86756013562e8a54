// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn, paToPfn } from "../base/address.ts";
import { iommufdPins } from "../kernel/iommufd/audit.ts";
import { NO_PAGE } from "../kernel/mm/pages.ts";
import type { UserMemory } from "../kernel/mm/user-memory.ts";
import { frameInRealm } from "./realm-entry.ts";
import { guestPage, type Setting } from "./setting.ts";

/** A DMA to private memory is marked as trusted, one to shared memory is not. */
export type DmaKind = "private" | "shared";

/** What a frame that a DMA reached is at that moment. */
export type FrameUse =
  /** The page that the guest has there, in the guest_memfd or in user memory. */
  | "the guest's page"
  /** A page of the guest_memfd, but no slot shows it: the guest cannot see it. */
  | "a page without a slot"
  /** Somebody holds it, but it is in no file and no process: what is written there is lost. */
  | "an orphan"
  /** Memory of another process. */
  | "another process"
  /** In the allocator's hands, for whoever asks next. */
  | "a free frame";

/** What came of a DMA of one byte. */
export interface DmaSeen {
  readonly kind: DmaKind;
  /** "landed", or the event with which it was refused. */
  readonly outcome: string;
  /** Where it landed. */
  readonly frame: FrameUse | undefined;
}

/** A DMA in few words. */
export function dmaText({ outcome, frame }: DmaSeen): string {
  if (frame === undefined) return `refused (${outcome})`;
  return frame === "the guest's page" ? "lands" : `lands in ${frame}`;
}

/** True for a DMA that reached memory which is the guest's no more. */
export function wentAstray({ frame }: DmaSeen): boolean {
  return frame !== undefined && frame !== "the guest's page" && frame !== "a page without a slot";
}

/** True for a DMA that reached freed memory, whether somebody else has got it already or not. */
export function usedAfterFree({ frame }: DmaSeen): boolean {
  return frame === "a free frame" || frame === "another process";
}

/** The device writes a byte to the start of a page of the guest, and we look where it went. */
export function tryDma(setting: Setting, page: number, kind: DmaKind, byte: number): DmaSeen {
  const { hardware, host } = setting;
  const address = guestPage(page).start;
  const trusted = kind === "private";
  const result = hardware.write(address, Uint8Array.of(byte), trusted);
  if (result.event !== undefined) return { kind, outcome: result.event.name, frame: undefined };
  // The translation that has just let the DMA through gives the same answer again.
  const marked = trusted && hardware.tdiState === "RUN";
  const target = host.machine.smmu.translate(hardware.requesterId, address, true, marked);
  if ("name" in target) throw new Error(`a DMA that landed does not translate any more: ${target.name}`);
  return { kind, outcome: "landed", frame: frameUse(setting, page, paToPfn(target.pa)) };
}

function frameUse(setting: Setting, page: number, pfn: Pfn): FrameUse {
  const { host, inode, memory } = setting;
  if (host.kernel.pages.page_count(pfn) === 0) return "a free frame";
  if (inode.pageAt(page) === pfn) {
    const shown = setting.kvm.memslots.inRange(guestFrame(page), guestFrame(page) + 1).length > 0;
    return shown ? "the guest's page" : "a page without a slot";
  }
  const { mm } = host.process.task;
  if (anonymousAt(mm, memory.shared + page * PAGE_SIZE) === pfn) return "the guest's page";
  for (const process of host.kernel.processes) {
    let found = false;
    process.mm.forEachAnonymousPage((_address, owned) => {
      if (owned === pfn) found = true;
    });
    if (found && process.mm !== mm) return "another process";
  }
  return "an orphan";
}

function guestFrame(page: number): number {
  return guestPage(page).start / PAGE_SIZE;
}

function anonymousAt(mm: UserMemory, address: number): Pfn | undefined {
  const area = mm.find_vma(address);
  return area?.anonymous?.get((address - area.vm_start) / PAGE_SIZE);
}

/** References on a page of the guest_memfd, by who owns them. */
export interface Holders {
  readonly pageCache: number;
  readonly stage2: number;
  readonly iommu: number;
  /** References that nobody owns: the page is never freed. */
  readonly nobody: number;
}

/** Who holds the frame that a DMA to a private page would find in the file, counted; nothing without a page. */
export function holdersOf(setting: Setting, page: number): Holders | undefined {
  const pfn = setting.inode.pageAt(page);
  return pfn === NO_PAGE ? undefined : holdersOfFrame(setting, page, pfn);
}

/** Who holds a frame that the file has, or had, at a page. */
export function holdersOfFrame(setting: Setting, page: number, pfn: Pfn): Holders {
  const { host, inode, kvm, iommufd } = setting;
  const pageCache = inode.pageAt(page) === pfn ? 1 : 0;
  const stage2 = host.kernel.vm_list.has(kvm) && frameInRealm(kvm, guestPage(page).start) === pfn ? 1 : 0;
  const iommu = iommufdPins(iommufd).get(pfn) ?? 0;
  const nobody = host.kernel.pages.page_count(pfn) - pageCache - stage2 - iommu;
  return { pageCache, stage2, iommu, nobody };
}

/** Holders in words: "page cache, stage 2", or with a number where one holds several references. */
export function holdersText(holders: Holders | undefined): string {
  if (holders === undefined) return "no page";
  const parts = [
    [holders.pageCache, "page cache"],
    [holders.stage2, "stage 2"],
    [holders.iommu, "IOMMU"],
    [holders.nobody, "nobody"],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, name]) => (count === 1 ? name : `${name} x ${count}`))
    .join(", ");
}

/** Frames that the guest's memory takes up. */
export interface MemoryHeld {
  /** In the guest_memfd. */
  readonly file: number;
  /** In the user memory of the shared half, where that is memory of its own. */
  readonly user: number;
  /** Kept by the IOMMU alone: no use to anybody. */
  readonly orphans: number;
}

/** Counts the frames of the guest's memory. */
export function memoryHeld({ host, inode, memory, iommufd }: Setting): MemoryHeld {
  const used = new Set<Pfn>();
  inode.forEachPage((_index, pfn) => used.add(pfn));
  const file = used.size;
  for (const pfn of host.process.task.mm.find_vma(memory.shared)?.anonymous?.values() ?? []) used.add(pfn);
  const user = used.size - file;
  for (const pfn of iommufdPins(iommufd).keys()) used.add(pfn);
  return { file, user, orphans: used.size - file - user };
}
