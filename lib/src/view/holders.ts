// SPDX-License-Identifier: MIT
import { hex, type Pfn, pfnToPa } from "../base/address.ts";
import { pasName } from "../hw/granule-protection.ts";
import { ledgerOf } from "../kernel/audit.ts";
import { Kvm } from "../kernel/kvm/kvm.ts";
import { granuleStateName } from "../rmm/granules.ts";
import type { Picture } from "./display.ts";
import type { Subject } from "./find.ts";
import { FILL } from "./palette.ts";
import { type Row, tablePicture } from "./table.ts";

/** Somebody who holds references on a page. */
export interface PageHolder {
  readonly who: string;
  readonly references: number;
  /** The kernel finds this holder in its own records. What it does not find is at work, or lost. */
  readonly known: boolean;
}

function checkedPfn(host: Subject, pfn: Pfn): Pfn {
  if (Number.isInteger(pfn) && host.machine.memory.contains(pfn)) return pfn;
  const { basePfn, pages } = host.machine.memory;
  throw new RangeError(
    `${pfn} is no frame of memory; frames go from ${hex(basePfn)} to ${hex(basePfn + pages - 1)}`,
  );
}

/** Calls that are inside of a read-side section may hold a page that they looked up. */
function readersInside(host: Subject): number {
  return [...host.kernel.vm_list].reduce((sum, vm) => sum + (vm instanceof Kvm ? vm.srcu.readers : 0), 0);
}

/**
 * Who holds a page: one entry for each holder that the kernel knows, and one for references that nobody accounts for.
 * Those belong to a call that is at work right now, or they are leaked and will never be dropped.
 *
 * @param pfn frame of the page
 * @example
 * ```ts
 * whoHolds(host, paToPfn(0x8_8004_a000));
 * // [{ who: "page cache of a guest_memfd, page 0", references: 1, known: true }, ...]
 * ```
 */
export function whoHolds(host: Subject, pfn: Pfn): PageHolder[] {
  const ledger = ledgerOf(host.kernel, checkedPfn(host, pfn));
  const known = ledger.holders.map(({ text, references }) => ({ who: text, references, known: true }));
  const count = host.kernel.pages.page_count(pfn);
  const owned = known.reduce((sum, { references }) => sum + references, 0);
  if (count === owned) return known;
  if (count < owned) {
    const who = "missing: more hold the page than it has references";
    return [...known, { who, references: count - owned, known: false }];
  }
  const who =
    readersInside(host) > 0
      ? "nobody on record: a call at work that has looked the page up, or a leak"
      : "nobody on record: leaked, unless a call is at work";
  return [...known, { who, references: count - owned, known: false }];
}

/**
 * Who holds a page, as a picture: its references one by one, against its count, and who may reach it.
 *
 * @param pfn frame of the page
 * @example
 * ```ts
 * showHolders(host, paToPfn(0x8_8004_a000));
 * ```
 */
export function showHolders(host: Subject, pfn: Pfn): Picture {
  const holders = whoHolds(host, pfn);
  const count = host.kernel.pages.page_count(pfn);
  const pas = pasName(host.machine.gpt.pasOf(pfn));
  const state = granuleStateName(host.rmm.state.granules.stateOf(pfn));
  return tablePicture({
    title: `Who holds the page at ${hex(pfnToPa(pfn))}`,
    notes: [`References: ${count}. Physical space: ${pas}. Granule state: ${state}.`],
    head: ["references", "held by", "on record"],
    rows:
      holders.length === 0
        ? [["Nobody: the page is free."]]
        : holders.map(
            ({ who, references, known }): Row => [
              String(references),
              { text: who, bold: !known },
              { text: known ? "yes" : "no", fill: known ? FILL.none : FILL.refused, bold: !known },
            ],
          ),
  });
}
