// SPDX-License-Identifier: MIT
import { hex, type Pfn, pfnToPa } from "../base/address.ts";
import {
  DESC_VALID,
  descriptorPfn,
  entryBytes,
  entryIndex,
  entryNumber,
  isTableDescriptor,
  LAST_LEVEL,
  TABLE_ENTRIES,
} from "../hw/stage2.ts";
import type { Realm } from "../rmm/realm.ts";
import type { Picture } from "./display.ts";
import type { Subject } from "./find.ts";
import { type EntryRun, entryFill, entryRuns, realmOf } from "./rtt.ts";
import { type Row, tablePicture } from "./table.ts";

/** Which table is shown. */
export interface RttTableOptions {
  /** Level of the table. Where the walk ends above it, the last table that it reached is shown. @default 3 */
  readonly level?: number;
  /** Descriptor of the realm's VM. @default the first VM */
  readonly vmFd?: number;
}

/** A table that a walk reached. */
interface Reached {
  readonly table: Pfn;
  readonly level: number;
  /** Address in bytes that its first entry translates. */
  readonly firstIpa: number;
}

function walk(host: Subject, realm: Realm, ipa: number, level: number): Reached {
  const span = entryBytes(realm.startLevel) * TABLE_ENTRIES;
  const root = Math.floor(ipa / span);
  let reached: Reached = {
    table: (realm.rootPfn + root) as Pfn,
    level: realm.startLevel,
    firstIpa: root * span,
  };
  while (reached.level < level) {
    const words = host.machine.memory.peek(reached.table);
    const index = entryIndex(ipa, reached.level);
    const [low = 0, high = 0] = words?.subarray(2 * index, 2 * index + 2) ?? [];
    if (!isTableDescriptor(low, reached.level)) break;
    const firstIpa = entryNumber(ipa, reached.level) * entryBytes(reached.level);
    reached = { table: descriptorPfn(low, high) as Pfn, level: reached.level + 1, firstIpa };
  }
  return reached;
}

/** What the hardware does at an entry. */
function hardware({ low, table }: EntryRun, level: number): string {
  if (table !== undefined) return `goes on at level ${level + 1}`;
  if ((low & DESC_VALID) === 0) return "stops: translation fault";
  return level === LAST_LEVEL ? "page" : "block";
}

function rowOf(run: EntryRun, level: number): Row {
  const { index, count, ipa, state, pa, live, low, high } = run;
  const [hipas = "", ripas = "-"] = state.split(", ");
  const raw = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const place = count === 1 ? `${index}` : `${index} .. ${index + count - 1}`;
  const more = count > 1 && live ? " on" : "";
  return [
    place,
    `${hex(ipa)} .. ${hex(ipa + count * entryBytes(level))}`,
    `${hex(raw)}${more}`,
    { text: hipas, fill: entryFill(run), bold: live },
    ripas,
    live ? `${hex(pa)}${more}` : "-",
    hardware(run, level),
  ];
}

/**
 * One realm translation table with its entries decoded: for each the addresses it translates, its 8 bytes, the host's
 * state (HIPAS), the realm's state (RIPAS), the address in it, and what the hardware makes of it. Entries that say
 * the same are one row.
 *
 * @param ipa an address in bytes; the table on its way that has `level` is shown
 * @example
 * ```ts
 * showRttTable(host, 0x8000_0000);
 * ```
 */
export function showRttTable(host: Subject, ipa: number, options: RttTableOptions = {}): Picture {
  const { level = LAST_LEVEL, vmFd } = options;
  const realm = realmOf(host, vmFd);
  if (!(ipa >= 0 && ipa < realm.ipaEnd))
    throw new RangeError(`the realm's addresses go from 0 to ${hex(realm.ipaEnd)}; ${ipa} is none of them`);
  if (!(Number.isInteger(level) && level >= realm.startLevel && level <= LAST_LEVEL))
    throw new RangeError(
      `the realm has tables of level ${realm.startLevel} to ${LAST_LEVEL}, none of level ${level}`,
    );
  const reached = walk(host, realm, ipa, level);
  const notes = [`The table is at ${hex(pfnToPa(reached.table))}; the realm has VMID ${realm.vmid}.`];
  if (reached.level < level)
    notes.push(`The walk ends here: there is no table of level ${reached.level + 1}.`);
  return tablePicture({
    title: `Level ${reached.level} realm translation table on the way to ${hex(ipa)}`,
    notes,
    head: ["entry", "translates IPA", "descriptor", "HIPAS", "RIPAS", "address", "the hardware"],
    rows: entryRuns(host, realm, reached.table, reached.level, reached.firstIpa).map((run) =>
      rowOf(run, reached.level),
    ),
  });
}
