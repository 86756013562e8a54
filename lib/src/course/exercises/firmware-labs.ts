// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import type { TraceEvent } from "../../base/trace.ts";
import { boot, type Host } from "../../boot.ts";
import {
  RMI_DATA_CREATE,
  RMI_DATA_CREATE_UNKNOWN,
  RMI_GRANULE_DELEGATE,
  RMI_RTT_CREATE,
} from "../../rmm/fid.ts";
import { answered, dramPage, hostStore, makeSecure } from "../../user/firmware.ts";
import { makeRealm } from "../../user/firmware-realm.ts";

/**
 * Machines for exercises on firmware calls: a realm of 32 address bits on fixed pages, and nothing else running. The
 * root tables are pages 0 to 3, the realm descriptor is page 4.
 */

/** Page of the realm descriptor. */
export const RD_PAGE = 4;
/** A page of the host that the set-up uses. */
const SCRATCH_PAGE = 15;

const calls = new WeakMap<Host, TraceEvent[]>();

/** What a machine is to have besides the realm. Keys are pages, counted from the first of memory. */
export interface RealmPlan {
  /** Pages of memory. @default 64 */
  readonly pages?: number;
  /** Level 3 tables: page of the table, and the address (a multiple of 2 MiB) it is for. */
  readonly tables?: Readonly<Record<number, number>>;
  /** Pages of the realm and their addresses; with content they are RAM, without they are what the address was. */
  readonly data?: Readonly<Record<number, { readonly ipa: number; readonly content?: bigint }>>;
  readonly delegated?: readonly number[];
  readonly secure?: readonly number[];
}

/** A small machine with a realm that was made by hand. From here on its firmware calls are noted. */
export function realmMachine(plan: RealmPlan = {}): Host {
  const host = boot({ memory: (plan.pages ?? 64) * PAGE_SIZE, devices: 0 });
  const rd = makeRealm(host, { root: 0, rd: RD_PAGE, params: SCRATCH_PAGE });
  const delegate = (page: number): bigint => {
    const pa = dramPage(host, page);
    must(host.smc(RMI_GRANULE_DELEGATE, pa));
    return pa;
  };
  for (const [page, ipa] of Object.entries(plan.tables ?? {}))
    must(host.smc(RMI_RTT_CREATE, rd, delegate(Number(page)), BigInt(ipa), 3n));
  for (const [page, { ipa, content }] of Object.entries(plan.data ?? {})) {
    const pa = delegate(Number(page));
    if (content === undefined) {
      must(host.smc(RMI_DATA_CREATE_UNKNOWN, rd, pa, BigInt(ipa)));
      continue;
    }
    const source = dramPage(host, SCRATCH_PAGE);
    hostStore(host, source, content);
    must(host.smc(RMI_DATA_CREATE, rd, pa, BigInt(ipa), source, 0n));
  }
  hostStore(host, dramPage(host, SCRATCH_PAGE), new Uint8Array(PAGE_SIZE));
  for (const page of plan.delegated ?? []) delegate(page);
  for (const page of plan.secure ?? []) makeSecure(host, dramPage(host, page));
  const noted: TraceEvent[] = [];
  host.trace.listen((event) => {
    if (event.kind === "smc") noted.push(event);
  });
  calls.set(host, noted);
  return host;
}

function must(registers: readonly bigint[]): void {
  if (registers[0] !== 0n) throw new Error(`setting up the machine: ${answered(registers)}`);
}

/** The firmware calls that were made on a machine since it was set up, oldest first. */
export function firmwareCalls(host: Host): readonly TraceEvent[] {
  return calls.get(host) ?? [];
}

/** Physical address of the realm descriptor. */
export function rdOf(host: Host): bigint {
  return dramPage(host, RD_PAGE);
}
