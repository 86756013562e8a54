// SPDX-License-Identifier: MIT
import { hex, type Pfn, pfnToPa } from "../base/address.ts";
import { plural } from "../base/plural.ts";
import { pasName } from "../hw/granule-protection.ts";
import { NO_PAGE } from "../kernel/mm/pages.ts";
import type { Picture } from "./display.ts";
import { type OpenGmem, openGmems, type Subject } from "./find.ts";
import { FILL } from "./palette.ts";
import { type Row, tablePicture } from "./table.ts";

/** What is told of one page of the file. Rows that differ only in their place are told together. */
interface PageFacts {
  readonly index: number;
  readonly pfn: Pfn;
  readonly references: number;
  readonly upToDate: boolean;
  readonly space: string;
  readonly slot: string;
}

/**
 * A guest_memfd: for each page of the file its frame, the references on it, whether it was cleared, who may reach
 * it, and the slot that uses it. Runs of pages that were never allocated are one row.
 *
 * @param gmemFd its descriptor; the first one without it
 */
export function showGuestMemfd(host: Subject, gmemFd?: number): Picture {
  const open = openGmems(host);
  const found = gmemFd === undefined ? open[0] : open.find((one) => one.fd === gmemFd);
  if (found === undefined) {
    throw new TypeError(
      gmemFd === undefined
        ? "there is no guest_memfd to draw; KVM_CREATE_GUEST_MEMFD makes one"
        : `descriptor ${gmemFd} is no guest_memfd; the one that KVM_CREATE_GUEST_MEMFD returned is`,
    );
  }
  const { inode } = found.gmem;
  const pages = inode.size / 4096;
  return tablePicture({
    title: `guest_memfd, descriptor ${found.fd}`,
    notes: [
      `${plural(pages, "page")} in the file, ${inode.nrpages} allocated; references on the file: ${found.file.f_count}.`,
    ],
    head: ["page of the file", "frame at", "references", "cleared", "physical space", "slot"],
    rows: runs(factsOf(host, found, pages)),
  });
}

function factsOf(host: Subject, { gmem }: OpenGmem, pages: number): PageFacts[] {
  const { inode, bindings } = gmem;
  return Array.from({ length: pages }, (_, index): PageFacts => {
    const pfn = inode.pageAt(index);
    const slot = bindings.find(index)?.value;
    return {
      index,
      pfn,
      references: pfn === NO_PAGE ? 0 : host.kernel.pages.page_count(pfn),
      upToDate: inode.isUptodate(index),
      space: pfn === NO_PAGE ? "" : pasName(host.machine.gpt.pasOf(pfn)),
      slot:
        slot === undefined
          ? "-"
          : slot.freed
            ? `slot ${slot.id}, freed (dangling)`
            : `slot ${slot.id}, ${hex((slot.base_gfn + index - slot.gmem.pgoff) * 4096)}`,
    };
  });
}

function runs(facts: readonly PageFacts[]): Row[] {
  const rows: Row[] = [];
  for (let i = 0; i < facts.length; ) {
    const first = facts[i] as PageFacts;
    let end = i + 1;
    while (first.pfn === NO_PAGE && end < facts.length && continues(first, facts[end] as PageFacts)) end++;
    const place = end - i === 1 ? `${i}` : `${i} .. ${end - 1}`;
    rows.push(
      first.pfn === NO_PAGE
        ? [place, { text: "none", hatched: true }, "0", "", "", first.slot]
        : [
            place,
            hex(pfnToPa(first.pfn)),
            String(first.references),
            first.upToDate ? "yes" : "no",
            { text: first.space, fill: first.space === "Realm" ? FILL.private : FILL.none },
            first.slot,
          ],
    );
    i = end;
  }
  return rows;
}

/** Two pages that were never allocated, in the same slot or both in none. */
function continues(first: PageFacts, next: PageFacts): boolean {
  return next.pfn === NO_PAGE && first.slot.split(",")[0] === next.slot.split(",")[0];
}
