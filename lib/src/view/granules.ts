// SPDX-License-Identifier: MIT
import { hex, type Pfn, pfnToPa } from "../base/address.ts";
import { PAS, pasName } from "../hw/granule-protection.ts";
import { GRANULE, granuleStateName } from "../rmm/granules.ts";
import { Picture } from "./display.ts";
import { gmemFrames, type Subject } from "./find.ts";
import { PAGE_LOOKS, type PageUse } from "./palette.ts";
import { BODY_TOP, box, card, INK, label, MARGIN, MUTED, textWidth } from "./svg.ts";

/** Which pages of memory are drawn. */
export interface GranuleOptions {
  /** First page, counted from the start of memory. @default 0 */
  readonly from?: number;
  /** Number of pages, at most 1024. @default all of a small machine, 256 of a large one */
  readonly pages?: number;
}

/** Machines up to this size are drawn whole. */
const SMALL = 256;
const MOST = 1024;

/** What a page is used for, from the tables of the hardware, the RMM and the kernel. */
export function pageUse(host: Subject, pfn: Pfn, gmem: ReadonlySet<Pfn>): PageUse {
  const state = host.rmm.state.granules.stateOf(pfn);
  if (state !== GRANULE.NS) return granuleStateName(state) as PageUse;
  if (host.machine.gpt.pasOf(pfn) !== PAS.NonSecure) return "elsewhere";
  if (gmem.has(pfn)) return "gmem";
  return host.kernel.pages.page_count(pfn) > 0 ? "host" : "free";
}

function checked(host: Subject, options: GranuleOptions): { from: number; count: number } {
  const total = host.machine.memory.pages;
  const from = options.from ?? 0;
  const count = options.pages ?? Math.min(total - from, SMALL);
  const whole = Number.isInteger(from) && Number.isInteger(count);
  if (!whole || from < 0 || count < 1 || count > MOST || from + count > total) {
    throw new RangeError(
      `pages ${from} to ${from + count} cannot be drawn; memory has ${total} pages, and ${MOST} fit in one picture`,
    );
  }
  return { from, count };
}

/**
 * Physical memory, one letter for each page: who may use it (a heavy border is the Realm physical address space),
 * and what for.
 *
 * @example
 * ```ts
 * showGranules(host, { from: 0, pages: 64 });
 * ```
 */
export function showGranules(host: Subject, options: GranuleOptions = {}): Picture {
  const { from, count } = checked(host, options);
  const gmem = gmemFrames(host);
  const base = host.machine.memory.basePfn;
  const uses = Array.from({ length: count }, (_, i) => pageUse(host, (base + from + i) as Pfn, gmem));
  const spaces = uses.map((_, i) => host.machine.gpt.pasOf((base + from + i) as Pfn));
  const columns = count <= 128 ? 16 : count <= SMALL ? 32 : 64;
  const addressOf = (i: number): string => hex(pfnToPa((base + from + i) as Pfn));

  const present = (Object.keys(PAGE_LOOKS) as PageUse[])
    .map((use) => ({ use, look: PAGE_LOOKS[use], total: uses.filter((other) => other === use).length }))
    .filter(({ total }) => total > 0);
  const bySpace = Object.values(PAS)
    .map((pas) => ({ name: pasName(pas), total: spaces.filter((space) => space === pas).length }))
    .filter(({ total }) => total > 0)
    .map(({ name, total }) => `${total} ${name}`)
    .join(", ");
  const title = `Physical memory: ${count} of ${host.machine.memory.pages} pages (${bySpace})`;

  const lines = Array.from({ length: Math.ceil(count / columns) }, (_, row) => {
    const letters = uses.slice(row * columns, (row + 1) * columns).map((use) => PAGE_LOOKS[use].letter);
    return `${addressOf(row * columns)}  ${letters.join("")}`;
  });
  const legend = present.map(({ look, total }) => `${look.letter} ${look.meaning}: ${total}`);
  const text = [title, ...lines, ...legend].join("\n");

  const size = columns === 16 ? 34 : columns === 32 ? 18 : 11;
  const left = MARGIN + textWidth(addressOf(0), 11) + 10;
  const parts: string[] = [];
  uses.forEach((use, i) => {
    const x = left + (i % columns) * size;
    const y = BODY_TOP + Math.floor(i / columns) * size;
    const realm = spaces[i] === PAS.Realm;
    const inset = realm ? 1 : 0.5;
    const look = PAGE_LOOKS[use];
    parts.push(
      box(x + inset, y + inset, size - 2 * inset, size - 2 * inset, {
        fill: look.fill,
        ...(realm ? { stroke: INK, "stroke-width": size > 12 ? 2 : 1.2 } : {}),
      }),
    );
    const font = size > 20 ? 14 : size > 12 ? 11 : 8;
    parts.push(
      label(x + size / 2, y + size / 2 + font * 0.36, look.letter, { size: font, anchor: "middle" }),
    );
  });
  lines.forEach((_, row) => {
    const y = BODY_TOP + row * size + size / 2 + 4;
    if (size > 12 || row % 2 === 0)
      parts.push(label(MARGIN, y, addressOf(row * columns), { size: 11, fill: MUTED }));
  });
  let y = BODY_TOP + lines.length * size + 18;
  for (const { look, total } of present) {
    parts.push(box(left, y - 11, 15, 15, { fill: look.fill }));
    parts.push(label(left + 7.5, y + 1, look.letter, { size: 11, anchor: "middle" }));
    parts.push(label(left + 24, y + 1, `${look.meaning}: ${total}`, { mono: false }));
    y += 20;
  }
  parts.push(label(left, y + 1, "heavy border: Realm physical address space", { mono: false, fill: MUTED }));
  const width = Math.max(left + columns * size + MARGIN, textWidth(title, 15, false) + 2 * MARGIN);
  return new Picture(card(title, text, width, y + MARGIN, parts.join("")), text);
}
