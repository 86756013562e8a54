// SPDX-License-Identifier: MIT
/**
 * Result codes of the calls that a realm makes.
 *
 * @spec RMM 1.0, RsiCommandReturnCode
 */
export const RSI_SUCCESS = 0;
/** A value of a parameter does not fit the call. */
export const RSI_ERROR_INPUT = 1;
