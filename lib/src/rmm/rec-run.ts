// SPDX-License-Identifier: MIT
import { type Struct, struct } from "../base/layout.ts";

const LAYOUT = {
  flags: ["u64", 0x0],
  enter_gprs: ["u64", 0x200, 31],
  exit_reason: ["u64", 0x800],
  esr: ["u64", 0x900],
  far: ["u64", 0x908],
  hpfar: ["u64", 0x910],
  exit_gprs: ["u64", 0xa00, 31],
  ripas_base: ["u64", 0xd00],
  ripas_top: ["u64", 0xd08],
  ripas_value: ["u64", 0xd10],
  imm: ["u64", 0xe00],
  vdev: ["u64", 0xe10],
  vdev_action: ["u64", 0xe18],
} as const;

/**
 * The page through which the host and a REC talk at REC_ENTER: the first half is read on entry, the second is written
 * on exit.
 *
 * Simplified: the registers of the interrupt controller, the timers and the PMU are ignored, and left zero.
 *
 * @spec RMM 1.0, RmiRecRun; vdev and vdev_action are RMM 1.1-alp12
 */
export const rmi_rec_run: Struct<typeof LAYOUT> = struct("rmi_rec_run", LAYOUT, 0x1000, "RMM 1.0, RmiRecRun");

/** First byte of the half that is written on exit. */
export const REC_EXIT_OFFSET = 0x800;

/** Bits of the flags that the host gives on entry. */
export const REC_ENTER_FLAG = {
  /** The host has completed the access that the REC left for. */
  EMUL_MMIO: 1,
  /** The access that the REC left for shall fail with an external abort. */
  INJECT_SEA: 2,
  /** The host refuses the RIPAS change that the realm asked for. */
  RIPAS_REJECT: 16,
} as const;

/** Why a REC came back to the host; those from 8 on are of RMM 1.1. */
export const REC_EXIT = {
  SYNC: 0,
  IRQ: 1,
  FIQ: 2,
  PSCI: 3,
  RIPAS_CHANGE: 4,
  HOST_CALL: 5,
  SERROR: 6,
  VDEV_REQUEST: 8,
  VDEV_COMM: 9,
  DEV_MEM_MAP: 10,
} as const;
/** One of the exit reasons. */
export type RecExitReason = (typeof REC_EXIT)[keyof typeof REC_EXIT];

/** What a REC leaves for the host. */
export interface RecExit {
  readonly exit_reason: RecExitReason;
  readonly esr?: number;
  readonly far?: number;
  readonly hpfar?: number;
  readonly exit_gprs?: readonly (bigint | number)[];
  readonly ripas_base?: number;
  readonly ripas_top?: number;
  readonly ripas_value?: number;
  readonly imm?: number;
  readonly vdev?: number;
  readonly vdev_action?: number;
}

/** What the host says on entry. */
export interface RecEntry {
  readonly flags: number;
  readonly gprs: readonly bigint[];
}

/** Reads the half of the run page that the host fills. */
export function readRecEntry(page: Uint8Array): RecEntry {
  const { flags, enter_gprs } = rmi_rec_run.decode(page);
  return { flags: Number(flags & FLAG_BITS), gprs: enter_gprs };
}

const FLAG_BITS = 0xffffn;

/** Stands in a call for an entry that was not read yet. */
export const NO_REC_ENTRY: RecEntry = { flags: 0, gprs: [] };

/** The bytes of the half of the run page that the RMM fills. */
export function encodeRecExit(exit: RecExit): Uint8Array {
  return rmi_rec_run(exit).subarray(REC_EXIT_OFFSET);
}
