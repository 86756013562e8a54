// SPDX-License-Identifier: MIT
import { type Struct, struct } from "../base/layout.ts";
import { fromRegister } from "./registers.ts";

const LAYOUT = {
  flags: ["u64", 0x0],
  s2sz: ["u8", 0x8],
  sve_vl: ["u8", 0x10],
  num_bps: ["u8", 0x18],
  num_wps: ["u8", 0x20],
  pmu_num_ctrs: ["u8", 0x28],
  hash_algo: ["u8", 0x30],
  rpv: ["bytes", 0x400, 64],
  vmid: ["u16", 0x800],
  rtt_base: ["u64", 0x808],
  rtt_level_start: ["s64", 0x810],
  rtt_num_start: ["u32", 0x818],
} as const;

/** What the host writes into the page that it names in REALM_CREATE. @spec RMM 1.0, RmiRealmParams */
export const rmi_realm_params: Struct<typeof LAYOUT> = struct(
  "rmi_realm_params",
  LAYOUT,
  0x1000,
  "RMM 1.0, RmiRealmParams",
);

/** Bits of `flags` in the realm parameters. */
export const REALM_FLAG = { LPA2: 1, SVE: 2, PMU: 4, DA: 8 } as const;

/** Hash algorithms of the realm's measurements. */
export const HASH = { SHA_256: 0, SHA_512: 1 } as const;

/** Realm parameters as they were read, before anything was checked. */
export interface RawRealmParams {
  readonly flags: number;
  readonly s2sz: number;
  readonly num_bps: number;
  readonly num_wps: number;
  readonly hash_algo: number;
  readonly vmid: number;
  readonly rtt_base: number;
  readonly rtt_level_start: number;
  readonly rtt_num_start: number;
}

/** Reads the parameters out of the bytes of the page. */
export function readRealmParams(page: Uint8Array): RawRealmParams {
  const { flags, rtt_base, rtt_level_start, ...rest } = rmi_realm_params.decode(page);
  return {
    ...rest,
    flags: fromRegister(flags),
    rtt_base: fromRegister(rtt_base),
    rtt_level_start: fromRegister(rtt_level_start),
  };
}

/** Stands in a call for parameters that were not read yet. */
export const NO_REALM_PARAMS: RawRealmParams = readRealmParams(new Uint8Array(0));
