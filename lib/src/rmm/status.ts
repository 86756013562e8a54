// SPDX-License-Identifier: MIT
/**
 * Result codes of RMI commands. x0 holds the status in bits 7:0 and an index in bits 15:8; the index is an RTT
 * level for ERROR_RTT, and tells the realm's state for the ERROR_REALM of REC_ENTER.
 *
 * @spec RMM 1.0, RmiStatusCode; 1.1 adds ERROR_NOT_SUPPORTED and ERROR_DEVICE
 */
export const RMI_SUCCESS = 0;
/** A value of a parameter, or the state of a granule that it names, does not fit the command. */
export const RMI_ERROR_INPUT = 1;
/** The realm is not in a state that allows the command. */
export const RMI_ERROR_REALM = 2;
/** The REC is not in a state that allows the command. */
export const RMI_ERROR_REC = 3;
/** The walk of the realm translation tables ended elsewhere, or at an entry in the wrong state. */
export const RMI_ERROR_RTT = 4;
/** RMM 1.1: the command exists but this RMM does not do it. */
export const RMI_ERROR_NOT_SUPPORTED = 5;
/** RMM 1.1: the device object is not in a state that allows the command. */
export const RMI_ERROR_DEVICE = 6;

/** Bits 7:0 of x0. */
export type RmiStatus =
  | typeof RMI_SUCCESS
  | typeof RMI_ERROR_INPUT
  | typeof RMI_ERROR_REALM
  | typeof RMI_ERROR_REC
  | typeof RMI_ERROR_RTT
  | typeof RMI_ERROR_NOT_SUPPORTED
  | typeof RMI_ERROR_DEVICE;

/**
 * What x0 holds for a function id that nobody implements: all ones, which is -1 as a signed number.
 *
 * @spec SMC Calling Convention, Unknown Function Identifier
 */
export const SMC_UNKNOWN = -1;

const NAMES = [
  "RMI_SUCCESS",
  "RMI_ERROR_INPUT",
  "RMI_ERROR_REALM",
  "RMI_ERROR_REC",
  "RMI_ERROR_RTT",
  "RMI_ERROR_NOT_SUPPORTED",
  "RMI_ERROR_DEVICE",
] as const;

/** Puts a status and an index together as x0 carries them. */
export function rmiResult(status: RmiStatus, index: number): number {
  return status | (index << 8);
}

/** The status in x0 (bits 7:0). */
export function statusOf(x0: number): number {
  return x0 & 0xff;
}

/** The index in x0 (bits 15:8). */
export function indexOf(x0: number): number {
  return (x0 >> 8) & 0xff;
}

/**
 * x0 in words.
 *
 * @example
 * ```ts
 * rmiResultName(0x204); // "RMI_ERROR_RTT, index 2"
 * ```
 */
export function rmiResultName(x0: number): string {
  if (x0 === SMC_UNKNOWN) return "SMC not supported (-1)";
  const name = NAMES[statusOf(x0)] ?? `status ${statusOf(x0)}`;
  const indexed = statusOf(x0) === RMI_ERROR_RTT || indexOf(x0) !== 0;
  return indexed ? `${name}, index ${indexOf(x0)}` : name;
}
