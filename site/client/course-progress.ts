// SPDX-License-Identifier: MIT
import { browserStore } from "../../lib/src/course/progress-store.ts";

/** How far the learner got, as the library writes it, in this browser's storage. */
export const PROGRESS_KEY = "tsm-map-progress";
/** Event of the document after each change. */
export const PROGRESS_CHANGED = "tsm-map-progress";

/** The stored text; undefined without one, and where the browser keeps nothing. */
export function storedProgress(): string | undefined {
  try {
    return browserStore(localStorage, PROGRESS_KEY).read();
  } catch {
    return undefined;
  }
}

/** Does what the library in the worker asked for. Without storage it lasts as long as the worker. */
export function keepProgress(change: { readonly write: string } | { readonly setAside: string }): void {
  try {
    const store = browserStore(localStorage, PROGRESS_KEY);
    if ("write" in change) store.write(change.write);
    else store.setAside(change.setAside);
  } catch {
    return;
  }
  document.dispatchEvent(new Event(PROGRESS_CHANGED));
}
