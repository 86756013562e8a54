// SPDX-License-Identifier: MIT
import { PROGRESS_STORE, type ProgressStore } from "../../lib/src/course/progress-store.ts";

/**
 * The store of the course's progress inside the worker, which has no `localStorage`: the page sends the stored text with
 * each run, and is told what to store. The library looks for it when it is loaded, so this module comes before it.
 */
let text: string | undefined;
let tell: (change: { readonly write: string } | { readonly setAside: string }) => void = () => {};

const store: ProgressStore = {
  read: () => text,
  write(next) {
    text = next;
    tell({ write: next });
  },
  setAside(unreadable) {
    tell({ setAside: unreadable });
    return "the entry of this browser's storage whose name begins with tsm-map-progress.unreadable";
  },
};
Object.assign(globalThis, { [PROGRESS_STORE]: store });

/** Takes the text that the page has stored. */
export function receiveProgress(stored: string | undefined): void {
  text = stored;
}

/** Says where changes go. */
export function onProgress(listener: typeof tell): void {
  tell = listener;
}
