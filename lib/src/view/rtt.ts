// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE, type Pfn, pfnToPa } from "../base/address.ts";
import {
  descriptorPa,
  descriptorPfn,
  entryBytes,
  isTableDescriptor,
  LAST_LEVEL,
  TABLE_ENTRIES,
} from "../hw/stage2.ts";
import type { Realm } from "../rmm/realm.ts";
import { HIPAS, hipasName, hipasOf, isLive, RIPAS, ripasName, ripasOf } from "../rmm/rtt-entry.ts";
import { Picture } from "./display.ts";
import { type Subject, vmOf } from "./find.ts";
import { FILL, PAGE_LOOKS } from "./palette.ts";
import { BODY_TOP, box, card, label, line, MARGIN, textWidth } from "./svg.ts";

/** A line of the tree: a table, or a run of entries. */
interface Line {
  readonly depth: number;
  readonly text: string;
  /** Ground of the text. */
  readonly fill: string;
  readonly isTable: boolean;
}

/** Entries that say the same, from `index` on. */
export interface EntryRun {
  readonly index: number;
  readonly count: number;
  /** Address range that the first entry translates, in bytes. */
  readonly ipa: number;
  readonly state: string;
  /** Address that the first entry holds, 0 for none. */
  readonly pa: number;
  readonly live: boolean;
  /** The first descriptor, as two words of 32 bits. */
  readonly low: number;
  readonly high: number;
  /** The table that the entry points to. */
  readonly table: Pfn | undefined;
}

function describeEntry(realm: Realm, low: number, high: number, level: number, ipa: number): string {
  const hipas = hipasOf(low, high, level);
  // RIPAS is a matter of the protected half only.
  if (ipa >= realm.protectedEnd || hipas === HIPAS.UNASSIGNED_NS || hipas === HIPAS.ASSIGNED_NS)
    return hipasName(hipas);
  return hipas === HIPAS.TABLE ? "TABLE" : `${hipasName(hipas)}, ${ripasName(ripasOf(low))}`;
}

/**
 * The entries of a table, those that say the same together.
 *
 * @param firstIpa address in bytes that the first entry translates
 */
export function entryRuns(
  host: Subject,
  realm: Realm,
  table: Pfn,
  level: number,
  firstIpa: number,
): EntryRun[] {
  const words = host.machine.memory.peek(table) ?? new Uint32Array(2 * TABLE_ENTRIES);
  const size = entryBytes(level);
  const runs: EntryRun[] = [];
  for (let index = 0; index < TABLE_ENTRIES; index++) {
    const low = words[2 * index] as number;
    const high = words[2 * index + 1] as number;
    const ipa = firstIpa + index * size;
    if (ipa >= realm.ipaEnd) break;
    const state = describeEntry(realm, low, high, level, ipa);
    const live = isLive(low);
    const last = runs.at(-1);
    const isTable = isTableDescriptor(low, level);
    const pa = live ? descriptorPa(low, high) : 0;
    if (
      last !== undefined &&
      last.state === state &&
      last.live === live &&
      follows(last, pa, size, isTable)
    ) {
      runs[runs.length - 1] = { ...last, count: last.count + 1 };
      continue;
    }
    runs.push({
      index,
      count: 1,
      ipa,
      state,
      pa,
      live,
      low,
      high,
      table: isTable ? (descriptorPfn(low, high) as Pfn) : undefined,
    });
  }
  return runs;
}

/** True when an entry may be told together with the run before it: nothing there, or the next address. */
function follows(run: EntryRun, pa: number, size: number, isTable: boolean): boolean {
  if (isTable || run.table !== undefined) return false;
  return run.live ? pa === run.pa + run.count * size : true;
}

/** Ground of an entry in every picture: a way on to a table, memory of the realm, memory of the host, or nothing. */
export function entryFill({ table, live, state }: EntryRun): string {
  if (table !== undefined) return FILL.head;
  if (!live) return FILL.none;
  return state === hipasName(HIPAS.ASSIGNED_NS) ? FILL.shared : FILL.private;
}

function tableLines(
  host: Subject,
  realm: Realm,
  table: Pfn,
  level: number,
  ipa: number,
  depth: number,
): Line[] {
  const runs = entryRuns(host, realm, table, level, ipa);
  const live = runs.reduce((sum, run) => sum + (run.live ? run.count : 0), 0);
  const name = depth === 0 ? "root table" : "table";
  const lines: Line[] = [
    {
      depth,
      fill: PAGE_LOOKS.RTT.fill,
      isTable: true,
      text: `level ${level} ${name} at ${hex(pfnToPa(table))}, ${live} live of ${TABLE_ENTRIES} entries`,
    },
  ];
  for (const run of runs) {
    const end = run.index + run.count - 1;
    const place = run.count === 1 ? `[${run.index}]` : `[${run.index}..${end}]`;
    const many = run.count === 1 ? "" : `${run.count} x `;
    const to = run.live ? ` -> ${hex(run.pa)}` : "";
    lines.push({
      depth: depth + 1,
      fill: entryFill(run),
      isTable: false,
      text: `${place} ${many}${run.state}${to}, IPA ${hex(run.ipa)}`,
    });
    if (run.table !== undefined && level < LAST_LEVEL) {
      lines.push(...tableLines(host, realm, run.table, level + 1, run.ipa, depth + 2));
    }
  }
  return lines;
}

/** Pages of memory that the tables of a realm let its guest use: ASSIGNED and RAM, whatever the size of their entries. */
export function ramPages(host: Subject, realm: Realm): number {
  const below = (table: Pfn, level: number, firstIpa: number): number =>
    entryRuns(host, realm, table, level, firstIpa).reduce((sum, run) => {
      if (run.table !== undefined) return sum + below(run.table, level + 1, run.ipa);
      return run.state === RAM_STATE ? sum + (run.count * entryBytes(level)) / PAGE_SIZE : sum;
    }, 0);
  const span = TABLE_ENTRIES * entryBytes(realm.startLevel);
  const roots = Array.from({ length: realm.rootCount }, (_, root) =>
    below((realm.rootPfn + root) as Pfn, realm.startLevel, root * span),
  );
  return roots.reduce((sum, pages) => sum + pages, 0);
}

const RAM_STATE = `${hipasName(HIPAS.ASSIGNED)}, ${ripasName(RIPAS.RAM)}`;

const ROW = 24;
const INDENT = 26;

/**
 * The translation tables of a realm as a tree: for each table its level and entries, for each entry the host's state
 * (HIPAS), the realm's state (RIPAS), the address it holds and the address it translates. Entries that say the same
 * are one line. Read from the bytes of the tables.
 *
 * @param vmFd descriptor of the realm's VM; the first VM without it
 */
export function showRtt(host: Subject, vmFd?: number): Picture {
  return treeOf(host, realmOf(host, vmFd));
}

/** What the firmware keeps about the realm of a VM. Throws a TypeError that says so when there is none. */
export function realmOf(host: Subject, vmFd?: number): Realm {
  const { rd, state } = vmOf(host, vmFd).arch.realm;
  const realm = rd === 0 ? undefined : host.rmm.state.realms.get(rd / PAGE_SIZE);
  if (realm !== undefined) return realm;
  throw new TypeError(
    `the VM has no realm yet (its state is ${state}); KVM_CAP_ARM_RME_CREATE_REALM makes one`,
  );
}

/**
 * The same tree for a realm that was made by firmware calls, without a VM of the kernel.
 *
 * @param rd physical address of the realm descriptor in bytes
 */
export function showRealmRtt(host: Subject, rd: bigint): Picture {
  const realm = host.rmm.state.realms.get(Number(rd) / PAGE_SIZE);
  if (realm === undefined)
    throw new TypeError(`there is no realm at ${hex(rd)}; the first argument of RMI_REALM_CREATE names one`);
  return treeOf(host, realm);
}

function treeOf(host: Subject, realm: Realm): Picture {
  const lines: Line[] = [];
  for (let root = 0; root < realm.rootCount; root++) {
    const ipa = root * TABLE_ENTRIES * entryBytes(realm.startLevel);
    lines.push(...tableLines(host, realm, (realm.rootPfn + root) as Pfn, realm.startLevel, ipa, 0));
  }
  const title = `Realm translation tables, VMID ${realm.vmid}, ${realm.ipaBits}-bit addresses`;
  const text = [title, ...lines.map((one) => "  ".repeat(one.depth) + one.text)].join("\n");
  return new Picture(draw(title, text, lines), text);
}

function draw(title: string, text: string, lines: readonly Line[]): string {
  const parts: string[] = [];
  /** Where the children of each depth hang, by depth. */
  const stems: number[] = [];
  let width = textWidth(title, 15, false) + 2 * MARGIN;
  lines.forEach(({ depth, fill, isTable, text: content }, i) => {
    const x = MARGIN + depth * INDENT;
    const y = BODY_TOP + i * ROW;
    const boxWidth = textWidth(content) + 16;
    const parent = stems[depth - 1];
    if (depth > 0 && parent !== undefined) {
      const stem = x - INDENT + 10;
      parts.push(line(stem, parent, stem, y + 10), line(stem, y + 10, x, y + 10));
    }
    stems[depth] = y + 20;
    parts.push(box(x, y, boxWidth, 20, { fill, rx: isTable ? 4 : 0 }));
    parts.push(label(x + 8, y + 14, content, { bold: isTable }));
    width = Math.max(width, x + boxWidth + MARGIN);
  });
  return card(title, text, width, BODY_TOP + lines.length * ROW + MARGIN - 4, parts.join(""));
}
