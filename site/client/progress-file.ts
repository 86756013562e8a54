// SPDX-License-Identifier: MIT
import { mergeProgress, type Progress, readProgress, writeProgress } from "../../lib/src/course/progress.ts";
import { element } from "./dom.ts";
import { PROGRESS_KEY } from "./progress-names.ts";
import { type NotebookRecord, PREFIX, readRecord, type Storage, setAside } from "./store.ts";

/** Progress as a file that a learner keeps or carries to another browser. Loaded when it is asked for. */
const FORMAT = "tsm-map-progress";

/** Has the browser save all that is kept. */
export function downloadProgress(): void {
  const url = URL.createObjectURL(new Blob([exportProgress(localStorage)], { type: "application/json" }));
  element("a", { href: url, download: "tsm-map-progress.json" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Asks for a file, takes its progress over and shows the page anew. */
export function askForProgress(onProblem: (sentence: string) => void): void {
  const input = element("input", { type: "file", accept: ".json,application/json" });
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    if (file === undefined) return;
    try {
      importProgress(localStorage, await file.text());
      location.reload();
    } catch (error) {
      onProblem((error as Error).message);
    }
  });
  input.click();
}

/** All notebooks' records, as a text to be saved in a file. */
export function exportProgress(storage: Storage): string {
  const notebooks = Object.fromEntries(
    keysOf(storage).map((key) => {
      const text = storage.getItem(key) ?? "null";
      return [key.slice(PREFIX.length), readable(text) ?? text];
    }),
  );
  const course = courseIn(storage);
  const content = {
    format: FORMAT,
    version: 1,
    notebooks,
    ...(course && { course: JSON.parse(writeProgress(course)) }),
  };
  return `${JSON.stringify(content, null, 1)}\n`;
}

/**
 * Takes over the records in an exported text; what was kept of the same notebooks before is set aside.
 *
 * @returns how many notebooks came in
 * @throws Error with one sentence, and changes nothing, when the text is no export
 */
export function importProgress(storage: Storage, text: string): number {
  let records: [string, NotebookRecord][];
  let course: Progress | undefined;
  try {
    const data = JSON.parse(text) as { format?: unknown; notebooks?: object; course?: object };
    if (data.format !== FORMAT) throw new Error("another format");
    records = Object.entries(data.notebooks ?? {}).map(([name, record]) => [name, readRecord(record)]);
    if (data.course !== undefined) course = readProgress(JSON.stringify(data.course));
  } catch {
    throw new Error("This file is no exported progress; nothing was changed.");
  }
  for (const [name, record] of records) {
    const before = storage.getItem(PREFIX + name);
    if (before !== null) setAside(storage, PREFIX + name, before);
    storage.setItem(PREFIX + name, JSON.stringify(record));
  }
  if (course !== undefined) {
    const known = courseIn(storage);
    const stored = storage.getItem(PROGRESS_KEY);
    if (stored !== null && known === undefined) setAside(storage, PROGRESS_KEY, stored);
    storage.setItem(PROGRESS_KEY, writeProgress(known === undefined ? course : mergeProgress(known, course)));
  }
  return records.length;
}

/** Begins afresh: all that is kept is set aside. */
export function resetProgress(storage: Storage): void {
  for (const key of [...keysOf(storage), PROGRESS_KEY]) {
    const stored = storage.getItem(key);
    if (stored === null) continue;
    setAside(storage, key, stored);
    storage.removeItem(key);
  }
}

/** What is stored of the exercises and predictions, if it can be read. */
function courseIn(storage: Storage): Progress | undefined {
  const stored = storage.getItem(PROGRESS_KEY);
  if (stored === null) return undefined;
  try {
    return readProgress(stored);
  } catch {
    return undefined;
  }
}

function keysOf(storage: Storage): string[] {
  return Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "")
    .filter((key) => key.startsWith(PREFIX))
    .sort();
}

function readable(text: string): NotebookRecord | undefined {
  try {
    return readRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
}
