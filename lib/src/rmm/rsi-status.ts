// SPDX-License-Identifier: MIT
/**
 * Result codes of the calls that a realm makes.
 *
 * @spec RMM 1.0, RsiCommandReturnCode
 */
export const RSI_SUCCESS = 0;
/** A value of a parameter does not fit the call. */
export const RSI_ERROR_INPUT = 1;
/** What the call is about is not in a state that allows it. */
export const RSI_ERROR_STATE = 2;
/** The call has to be repeated, or continued. */
export const RSI_INCOMPLETE = 3;
/** RMM 1.1: the device did not do what it was asked. */
export const RSI_ERROR_DEVICE = 5;
