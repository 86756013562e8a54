// SPDX-License-Identifier: MIT
import type { Pfn } from "../base/address.ts";
import type { File } from "./fs/file.ts";

/** A part of the kernel that has something to tell an audit. */
export interface AuditPart {
  /** Enters what the part holds. */
  readonly enter: (ledger: Ledger) => void;
  /** Checks the part's own counts and locks: one sentence for each thing that is wrong. */
  readonly findings: () => readonly string[];
}

/** Who holds a page, in words; a function where the words would cost something for pages that nobody asks about. */
export type Holder = string | (() => string);

/**
 * Who owns what, for an audit: every part of the kernel enters the references that it holds, and the sums are then
 * compared with the counts on the pages and files themselves.
 */
export class Ledger {
  /** References that somebody owns, by page. */
  readonly pages: Map<Pfn, number> = new Map();
  /** References that somebody owns, by open file. */
  readonly files: Map<File, number> = new Map();
  /** Granules that a live realm or device uses. */
  readonly granules: Set<Pfn> = new Set();
  /** Who holds the page that is watched. */
  readonly holders: { readonly references: number; readonly text: string }[] = [];
  readonly #watched: Pfn | undefined;

  /** @param watched page whose holders are told one by one */
  constructor(watched?: Pfn) {
    this.#watched = watched;
  }

  /**
   * Enters references on a page.
   *
   * @param holder who holds them, for whoever asks about this page
   */
  ownPage(pfn: Pfn, references = 1, holder: Holder = "a part of the kernel"): void {
    this.pages.set(pfn, (this.pages.get(pfn) ?? 0) + references);
    if (pfn === this.#watched)
      this.holders.push({ references, text: typeof holder === "string" ? holder : holder() });
  }

  ownFile(file: File): void {
    this.files.set(file, (this.files.get(file) ?? 0) + 1);
  }

  ownGranule(pfn: Pfn): void {
    this.granules.add(pfn);
  }
}
