// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../base/address.ts";
import { plural } from "../base/plural.ts";
import type { Kvm } from "../kernel/kvm/kvm.ts";
import { kvm_mem_is_private } from "../kernel/kvm/memory-attributes.ts";
import { KVM_MEMSLOT_INVALID, type kvm_memory_slot } from "../kernel/kvm/memslots.ts";
import { KVM_MEM_GUEST_MEMFD, KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY } from "../kernel/kvm/uapi.ts";
import type { Picture } from "./display.ts";
import { openGmems, type Subject, vmOf } from "./find.ts";
import { FILL } from "./palette.ts";
import { box, hatch, label, MARGIN, MUTED } from "./svg.ts";
import { type Row, tablePicture } from "./table.ts";

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [KVM_MEM_LOG_DIRTY_PAGES, "LOG_DIRTY_PAGES"],
  [KVM_MEM_READONLY, "READONLY"],
  [KVM_MEM_GUEST_MEMFD, "GUEST_MEMFD"],
  [KVM_MEMSLOT_INVALID, "INVALID"],
];

/** Flags of a slot by name, without the common prefix; `"-"` for none. */
export function slotFlagNames(flags: number): string {
  const names = FLAG_NAMES.flatMap(([bit, name]) => ((flags & bit) !== 0 ? [name] : []));
  return names.length === 0 ? "-" : names.join("|");
}

/** Part of the guest's address space over which nothing changes. Frames, end exclusive. */
interface Segment {
  readonly start: number;
  readonly end: number;
  readonly slot: kvm_memory_slot | undefined;
  readonly isPrivate: boolean;
}

function segments(kvm: Kvm): Segment[] {
  const last = 2 ** (kvm.arch.mmu.ipa_bits - 12);
  const slots = kvm.memslots.gfn_tree;
  const edges = new Set([0, last]);
  for (const slot of slots) edges.add(slot.base_gfn).add(slot.base_gfn + slot.npages);
  for (const range of kvm.mem_attr_array.within(0, last))
    edges.add(range.start).add(Math.min(range.end, last));
  const sorted = [...edges].sort((a, b) => a - b);
  return sorted.slice(1).map((end, i) => {
    const start = sorted[i] as number;
    return { start, end, slot: kvm.memslots.search(start), isPrivate: kvm_mem_is_private(kvm, start) };
  });
}

/**
 * The guest physical address space of a VM from 0 to the end: slots with their ids and flags, the holes between
 * them, memory attributes, and where the memory of each slot comes from.
 *
 * @param vmFd descriptor of the VM; the first VM without it
 * @example
 * ```ts
 * showMemslots(host, vm).text;
 * ```
 */
export function showMemslots(host: Subject, vmFd?: number): Picture {
  const kvm = vmOf(host, vmFd);
  const parts = segments(kvm);
  const last = parts.at(-1)?.end ?? 0;
  const rows = parts.map(({ start, end, slot, isPrivate }): Row => {
    const attribute = isPrivate
      ? { text: "private", fill: FILL.private }
      : { text: "shared", fill: slot === undefined ? FILL.none : FILL.shared };
    const range = `${hex(start * PAGE_SIZE)} .. ${end === last ? "end" : hex(end * PAGE_SIZE)}`;
    const pages = String(end - start);
    if (slot === undefined) return [range, pages, { text: "none", hatched: true }, "", attribute, "", ""];
    const user = hex(slot.userspace_addr + (start - slot.base_gfn) * PAGE_SIZE);
    return [
      range,
      pages,
      { text: String(slot.id), fill: FILL.slot, bold: true },
      slotFlagNames(slot.flags),
      attribute,
      user,
      gmemPlace(host, slot, start),
    ];
  });
  const count = kvm.memslots.gfn_tree.length;
  const notes = [
    `${plural(count, "slot")} with ${plural(kvm.nr_memslot_pages, "page")}. A range ends before its second address.`,
    `The address space ends at ${hex(last * PAGE_SIZE)}.`,
  ];
  if (kvm.arch.is_realm) {
    const half = hex(2 ** (kvm.arch.mmu.ipa_bits - 1));
    notes.push(`A realm: from ${half} on, addresses are the shared alias of the lower half.`);
  }
  return tablePicture({
    title: "Guest physical addresses and memory slots",
    notes,
    head: ["guest physical address", "pages", "slot", "flags", "attribute", "user address", "guest_memfd"],
    rows,
    ...(parts.length <= MOST_DRAWN ? { drawing: { height: 84, draw: drawLine(parts) } } : {}),
  });
}

/** More parts than this do not fit side by side; the table shows them all. */
const MOST_DRAWN = 9;

/** The address space from left to right, each part as wide as the next: sizes are told, not drawn to scale. */
function drawLine(parts: readonly Segment[]): (y: number, width: number) => string {
  return (y: number, width: number): string => {
    const each = width / parts.length;
    const drawn = parts.map(({ start, slot, isPrivate }, i) => {
      const x = MARGIN + i * each;
      const middle = x + each / 2;
      const name = slot === undefined ? "no slot" : `slot ${slot.id}`;
      const fill = isPrivate ? FILL.private : slot === undefined ? FILL.none : FILL.shared;
      // A hole is shared like any address that nobody spoke of; only what was said is told.
      const told = slot !== undefined || isPrivate;
      return (
        label(x, y + 12, hex(start * PAGE_SIZE), { size: 9, fill: MUTED }) +
        box(x, y + 18, each, 40, { fill }) +
        (slot === undefined ? hatch(x, y + 18, each, 40) : "") +
        (told
          ? label(middle, y + 52, isPrivate ? "private" : "shared", { size: 11, anchor: "middle" })
          : "") +
        label(middle, y + (told ? 35 : 42), name, { bold: slot !== undefined, anchor: "middle" })
      );
    });
    return drawn.join("");
  };
}

function gmemPlace(host: Subject, slot: kvm_memory_slot, start: number): string {
  if ((slot.flags & KVM_MEM_GUEST_MEMFD) === 0) return "-";
  const { file } = slot.gmem;
  if (file === undefined) return "closed";
  const open = openGmems(host).find((one) => one.file === file);
  const name = open === undefined ? "open elsewhere" : `fd ${open.fd}`;
  return `${name} page ${slot.gmem.pgoff + start - slot.base_gfn}`;
}
