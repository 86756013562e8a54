// SPDX-License-Identifier: MIT
import { type Struct, struct } from "../base/layout.ts";
import { fromRegister } from "./registers.ts";

const LAYOUT = {
  flags: ["u64", 0x0],
  mpidr: ["u64", 0x100],
  pc: ["u64", 0x200],
  gprs: ["u64", 0x300, 8],
  num_aux: ["u64", 0x800],
  aux: ["u64", 0x808, 16],
} as const;

/** What the host writes into the page that it names in REC_CREATE. @spec RMM 1.0, RmiRecParams */
export const rmi_rec_params: Struct<typeof LAYOUT> = struct(
  "rmi_rec_params",
  LAYOUT,
  0x1000,
  "RMM 1.0, RmiRecParams",
);

/** Bit of `flags`: the REC may run from the start. */
export const REC_FLAG_RUNNABLE = 1;

/** REC parameters as they were read, before anything was checked. */
export interface RawRecParams {
  readonly flags: number;
  readonly mpidr: number;
  readonly num_aux: number;
  /** Addresses of the auxiliary granules: as many as the page has room for. */
  readonly aux: readonly number[];
}

/** Reads the parameters out of the bytes of the page. */
export function readRecParams(page: Uint8Array): RawRecParams {
  const { flags, mpidr, num_aux, aux } = rmi_rec_params.decode(page);
  return {
    flags: Number(flags & BigInt(REC_FLAG_RUNNABLE)),
    mpidr: fromRegister(mpidr),
    num_aux: fromRegister(num_aux),
    aux: aux.map(fromRegister),
  };
}

/** Stands in a call for parameters that were not read yet. */
export const NO_REC_PARAMS: RawRecParams = { flags: 0, mpidr: 0, num_aux: 0, aux: [] };

/**
 * The number that an MPIDR stands for: Aff0 has 4 bits, the others 8 each. Nothing for a value with other bits.
 */
export function recIndexOf(mpidr: number): number | undefined {
  const aff0 = mpidr % 2 ** 8;
  const aff1 = Math.floor(mpidr / 2 ** 8) % 2 ** 8;
  const aff2 = Math.floor(mpidr / 2 ** 16) % 2 ** 8;
  const aff3 = Math.floor(mpidr / 2 ** 32);
  const between = Math.floor(mpidr / 2 ** 24) % 2 ** 8;
  if (!(aff3 < 2 ** 8) || between !== 0 || aff0 >= 2 ** 4) return undefined;
  return aff0 + aff1 * 2 ** 4 + aff2 * 2 ** 12 + aff3 * 2 ** 20;
}
