// SPDX-License-Identifier: MIT
/** Sizes that this RMM reports, those of the build that the conformance vectors were recorded on. */

/** Width of physical addresses, and the widest address space of a realm. */
export const PA_BITS = 48;
/** Narrowest address space of a realm. */
export const MIN_IPA_BITS = 32;
/** Number of VMIDs: they have 8 bits. */
export const VMIDS = 256;
/** Breakpoints, and watchpoints, that a realm must ask for. */
export const DEBUG_REGISTERS = 1;
/** Granules that a REC needs besides its own. */
export const REC_AUX_GRANULES = 16;
/** log2 of one more than the RECs that a realm may have. */
export const MAX_RECS_ORDER = 10;
