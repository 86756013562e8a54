// SPDX-License-Identifier: MIT
import type { Host } from "../boot.ts";
import { RMI_GRANULE_DELEGATE, RMI_REALM_CREATE } from "../rmm/fid.ts";
import { rmi_realm_params } from "../rmm/realm-params.ts";
import { answered, dramPage, hostStore } from "./firmware.ts";

/** Which pages a realm is made of, counted from the first page of memory. */
export interface RealmPages {
  /** First of the root tables; a multiple of their number. */
  readonly root: number;
  /** The realm descriptor. */
  readonly rd: number;
  /** A page of the host for the parameters; free again afterwards. */
  readonly params: number;
  /** Width of the address space: 32, 33 or 34 bits, which takes 4, 8 or 16 root tables. @default 32 */
  readonly ipaBits?: number;
  /** @default 1 */
  readonly vmid?: number;
}

/** Number of root tables at level 2 for an address space: each covers 1 GiB. */
function rootCount(ipaBits: number): number {
  return 2 ** (ipaBits - 30);
}

/**
 * The page of parameters for a realm whose tables start at level 2, so that there are few of them.
 *
 * @returns 4096 bytes, to be written to a page of the host
 */
export function smallRealmParams(host: Host, { root, ipaBits = 32, vmid = 1 }: RealmPages): Uint8Array {
  return rmi_realm_params({
    s2sz: ipaBits,
    num_bps: 1,
    num_wps: 1,
    vmid,
    rtt_base: dramPage(host, root),
    rtt_level_start: 2,
    rtt_num_start: rootCount(ipaBits),
  });
}

/**
 * Makes a realm with firmware calls alone: delegates its root tables and its descriptor, writes the parameters, and
 * calls REALM_CREATE. No VM of the kernel stands behind it. Throws with the answer when a call is refused.
 *
 * @returns physical address of the realm descriptor, by which all calls name the realm
 * @example
 * ```ts
 * const rd = makeRealm(host, { root: 0, rd: 4, params: 63 });
 * ```
 */
export function makeRealm(host: Host, pages: RealmPages): bigint {
  const rd = dramPage(host, pages.rd);
  const params = dramPage(host, pages.params);
  const roots = Array.from({ length: rootCount(pages.ipaBits ?? 32) }, (_, i) =>
    dramPage(host, pages.root + i),
  );
  for (const pa of [...roots, rd]) must("RMI_GRANULE_DELEGATE", host.smc(RMI_GRANULE_DELEGATE, pa));
  must("writing the parameters", [
    hostStore(host, params, smallRealmParams(host, pages)) === "stored" ? 0n : 1n,
  ]);
  must("RMI_REALM_CREATE", host.smc(RMI_REALM_CREATE, rd, params));
  return rd;
}

function must(call: string, registers: readonly bigint[]): void {
  if (registers[0] !== 0n) throw new Error(`${call} answered ${answered(registers)}`);
}
