// SPDX-License-Identifier: MIT

/** Key in the browser's storage of how far the learner got, as the library writes it. */
export const PROGRESS_KEY = "tsm-map-progress";
/** Event of the document after each change of it. */
export const PROGRESS_CHANGED = "tsm-map-progress";
