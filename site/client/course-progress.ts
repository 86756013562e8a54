// SPDX-License-Identifier: MIT
import { browserStore } from "../../lib/src/course/progress-store.ts";
import { PROGRESS_CHANGED, PROGRESS_KEY } from "./progress-names.ts";

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
